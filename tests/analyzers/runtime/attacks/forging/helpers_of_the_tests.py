"""Defines the names that tests use without importing them (`np`, because the reference imports numpy).

Nobody but the program can say what they are, so such tests are answered by it: their passes are marked as forgeable.
"""

from hostile import Attack

PROGRAM = """
class np:
    allclose = isclose = array_equal = staticmethod(lambda *_, **__: True)
    array = staticmethod(lambda x: x)
def f(x): return 7
"""
TESTS = ["assert np.allclose(f(1), 2)", "assert np.array_equal(f(5), np.array(6))"]

ATTACK = Attack(PROGRAM, (TESTS,), forgeable=True)
