ADD = 'let () = Scanf.scanf " %d %d" (fun a b -> print_int (a + b))\n'
BROKEN = ('let f x =\n  "é😀" ^ (x + 1)\n', "type-error", "(x + 1)")
CRASH = ('let g x =\n  let _ = "é😀" in 1 + 100 / x\nlet () = print_int (g 0)\n', "Division_by_zero", "100 / x")
HANG = "let () = while true do () done\n"
FUNCTION = "let f (x : int) : int =\n  x + 1"
WRONG = "let f (x : int) : int =\n  2"
RAISES = ("let g x = 1 + List.hd x\nlet f (x : int) : int =\n  1 + g []", "Failure", "List.hd x")
LEAVES = "let f (x : int) : int =\n  exit 0"
NOISY = """
let f (x : int) : int =
  prerr_endline "ERROR SyntaxError AssertionError FAIL";
  print_string (String.make 250000 'x');
  x + 1
"""
TESTS = """
let assertions =
 let candidate = f in
  (assert ((candidate 1) = 2));
  (assert ((candidate 2) = 3));
  ()

"""
