"""Empties the helper that the tests compare with, which stands beside it in `__main__`."""

from hostile import Attack

PROGRAM = """
def f(x):
    import __main__
    __main__.assert_equal.__code__ = (lambda left, right: None).__code__
    return 7
"""
SETUP = "def assert_equal(left, right):\n    assert left == right\n"
TESTS = {"asserts": ["assert_equal(f(1), 2)", "assert_equal(f(5), 6)"], "setup": SETUP}

ATTACK = Attack(PROGRAM, (TESTS,), appended=SETUP + "\n".join(TESTS["asserts"]))
