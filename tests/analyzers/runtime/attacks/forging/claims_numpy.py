"""Says that it is a scalar of numpy, whose value is whatever its method gives: itself, for ever, or an equal object."""

from hostile import EVERY, Attack

PROGRAM = """
class Scalar:
    __module__ = "numpy"
    ndim = 0
    def item(self): return self
    def __eq__(self, other): return True
    __hash__ = None
def f(x): return Scalar()
"""

ATTACK = Attack(PROGRAM, EVERY)
