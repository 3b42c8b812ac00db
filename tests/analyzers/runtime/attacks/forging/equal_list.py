"""Answers with a list of a class of its own that is equal to everything and has every length."""

from hostile import EVERY, Attack

PROGRAM = """
class Equal(list):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = None
def f(x): return Equal([7])
"""

ATTACK = Attack(PROGRAM, (*EVERY, ["assert f(1) == [2]", "assert [f(1)] == [[2]]"]))
