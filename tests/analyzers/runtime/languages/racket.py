ADD = "#lang racket\n(displayln (+ (read) (read)))\n"
BROKEN = ('#lang racket\n(define (f x)\n  (string-append "é😀" yy))\n', "exn:fail:syntax:unbound", "yy")
CRASH = (
    '#lang racket\n(define (g x)\n  (string-append "é😀" (symbol->string (car x))))\n(g (list (read)))\n',
    "exn:fail:contract",
    "(symbol->string (car x))",
)
HANG = "#lang racket\n(let loop () (loop))\n"
FUNCTION = "#lang racket\n(define (f x)\n  (+ x 1))"
WRONG = "#lang racket\n(define (f x)\n  2)"
RAISES = ("#lang racket\n(define (g x) (car x))\n(define (f x)\n  (+ 1 (g x)))", "exn:fail:contract", "(car x)")
LEAVES = "#lang racket\n(define (f x)\n  (exit 0))"
NOISY = """#lang racket
(define (f x)
  (eprintf "ERROR SyntaxError AssertionError FAIL\\n")
  (display (make-string 250000 #\\x))
  (+ x 1))
"""
TESTS = """(require rackunit)

(define (test-humaneval)

  (let (( candidate f))
    (check-within (candidate 1) 2 0.001)
    (check-within (candidate 2) 3 0.001)
))

(test-humaneval)"""
