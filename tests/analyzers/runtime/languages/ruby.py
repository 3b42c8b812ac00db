ADD = "puts gets.split.sum(&:to_i)\n"
BROKEN = ("def f(x)\n  é = 1 * )\nend\n", "SyntaxError", ")")
CRASH = ('def g(x)\n  "é😀" + x.foo(3)\nend\nputs g(nil)\n', "NoMethodError", "x.foo(3)")
HANG = "loop {}\n"
FUNCTION = "require 'prime'\ndef f(x)\n  x + 1\nend"
WRONG = "def f(x)\n  2\nend"
RAISES = ("def f(x)\n  [x].map { |y| 1 / (y - 1) }\n  2\nend", "ZeroDivisionError", "1 / (y - 1)")
LEAVES = "def f(x)\n  exit 0\nend"
NOISY = """
def f(x)
  warn "ERROR SyntaxError AssertionError FAIL"
  print "x" * 250_000
  x + 1
end
"""
TESTS = """require 'test/unit'
class TestHumanEval < Test::Unit::TestCase
  def test_f
    candidate = method(:f)
    assert_equal(2, candidate.call(1))
    assert_equal(3, candidate.call(2))
  end
end
"""
