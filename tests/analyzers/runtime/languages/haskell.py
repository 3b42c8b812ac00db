ADD = """
main :: IO ()
main = getContents >>= print . sum . map (read :: String -> Int) . words
"""
BROKEN = ('main :: IO ()\nmain = let é = "😀" in putStrLn (missing é)\n', "name-error", "missing")
CRASH = ('main :: IO ()\nmain = let é = "😀" in error é\n', "exception", "error")
HANG = "main :: IO ()\nmain = loop 0 where loop :: Int -> IO (); loop n = loop (n + 1)\n"
FUNCTION = "f :: Int -> Int\nf x = x + 1\n"
WRONG = FUNCTION.replace("x + 1", "2")
RAISES = ("f :: Int -> Int\nf 7 = 8\n", "exception", "f 7 = 8")
LEAVES = "import System.Exit\nimport System.IO.Unsafe\nf :: Int -> Int\nf x = unsafePerformIO (exitWith ExitSuccess)\n"
NOISY = """
import System.IO
import System.IO.Unsafe
f :: Int -> Int
f x = unsafePerformIO $ do
  hPutStrLn stderr "ERROR SyntaxError AssertionError FAIL"
  mapM_ putStrLn (replicate 25000 "123456789")
  pure (x + 1)
"""
TESTS = """
main :: IO ()
main = do
  let candidate = f
  if candidate 1 == 2 then pure () else error "assertion failed"
  if candidate 2 == 3 then pure () else error "assertion failed"
  pure ()
"""
