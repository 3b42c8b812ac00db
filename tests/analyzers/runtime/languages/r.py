ADD = 'n <- scan(file("stdin"), quiet = TRUE)\ncat(sum(n), "\\n")\n'
BROKEN = ('f <- function(x) {\n  "é😀" == == x\n}\n', "SyntaxError", "==")
CRASH = ('g <- function(x) {\n  "é😀"; y <- x + "a"\n  y\n}\nprint(g(1))\n', "error", 'y <- x + "a"')
HANG = "repeat {}\n"
FUNCTION = "f <- function(x) {\n  x + 1\n}"
WRONG = "f <- function(x) {\n  2\n}"
RAISES = ("f <- function(x) {\n  g(x)\n}", "error", "g(x)")
LEAVES = "f <- function(x) {\n  quit(status = 0)\n}"
NOISY = """
f <- function(x) {
  message("ERROR SyntaxError AssertionError FAIL")
  cat(strrep("x", 250000))
  x + 1
}
"""
TESTS = """test_humaneval <- function() {
    candidate <- f
    stopifnot(isTRUE(all.equal(candidate(1), 2)))
    stopifnot(isTRUE(all.equal(candidate(2), 3)))
}
test_humaneval()"""
