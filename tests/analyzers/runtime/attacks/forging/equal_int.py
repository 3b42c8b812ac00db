"""Answers with a number of a class of its own that is equal to everything: `isinstance(answer, int)` holds."""

from hostile import EVERY, Attack

PROGRAM = """
class Equal(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = None
def f(x): return Equal(7)
"""

ATTACK = Attack(PROGRAM, (*EVERY, ["assert isinstance(f(1), int) and f(1) == 2"]))
