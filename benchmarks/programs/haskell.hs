module Main where

import Data.List (sortBy)
import qualified Data.Map as Map

wordCounts :: String -> Map.Map String Int
wordCounts = foldr count Map.empty . words
  where
    count word = Map.insertWith (+) word 1

mostCommon :: Int -> String -> [(String, Int)]
mostCommon n text = take n sorted
  where
    sorted = sortBy order (Map.toList (wordCounts text))
    order (a, x) (b, y) = compare (y, a) (x, b)

main :: IO ()
main = do
  print (mostCommon 2 "a b a c b a")
-- ====
module Main where

isPrime :: Int -> Bool
isPrime n
  | n < 2 = False
  | otherwise = all (\d -> n `mod` d /= 0) (takeWhile (\d -> d * d <= n) [2 ..])

primesBelow :: Int -> [Int]
primesBelow limit = [p | p <- [2 .. limit - 1], isPrime p]

main :: IO ()
main = do
  let found = primesBelow 30
      total = sum found
  mapM_ print found
  if total > 100
    then putStrLn "many"
    else putStrLn ("sum: " ++ show total)
-- ====
data Shape
  = Circle Double
  | Square {side :: Double}
  deriving (Eq, Show)

class HasArea a where
  area :: a -> Double
  describe :: a -> String
  describe x = "area " ++ show (area x)

instance HasArea Shape where
  area (Circle radius) = pi * radius ^ 2
  area (Square s) = s * s

largest :: [Shape] -> Maybe Shape
largest [] = Nothing
largest shapes = Just (foldr1 pick shapes)
  where
    pick a b = if area a >= area b then a else b

main :: IO ()
main = case largest [Circle 1.5, Square 2] of
  Nothing -> putStrLn "none"
  Just shape -> putStrLn (describe shape)
-- ====
mergeSort :: Ord a => [a] -> [a]
mergeSort [] = []
mergeSort [x] = [x]
mergeSort xs = merge (mergeSort left) (mergeSort right)
  where
    (left, right) = splitAt (length xs `div` 2) xs

merge :: Ord a => [a] -> [a] -> [a]
merge [] ys = ys
merge xs [] = xs
merge (x : xs) (y : ys)
  | x <= y = x : merge xs (y : ys)
  | otherwise = y : merge (x : xs) ys

main :: IO ()
main = print (mergeSort [3, 1, 2, 9, -4 :: Int])
-- ====
import Control.Monad (forM_, when)
import Data.IORef

type Account = IORef Int

withdraw :: Account -> Int -> IO (Either String Int)
withdraw account amount = do
  balance <- readIORef account
  if amount > balance
    then return (Left "too little")
    else do
      writeIORef account (balance - amount)
      return (Right (balance - amount))

main :: IO ()
main = do
  account <- newIORef 100
  forM_ [30, 40, 50] $ \amount -> do
    result <- withdraw account amount
    case result of
      Left reason -> putStrLn reason
      Right rest -> when (rest > 0) $
        print rest
