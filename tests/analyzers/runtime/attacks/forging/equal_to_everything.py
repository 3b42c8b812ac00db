"""Answers with an object that is equal to whatever it is compared with, from either side."""

from hostile import EVERY, Attack

PROGRAM = """
class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = None
def f(x): return Equal()
"""

ATTACK = Attack(PROGRAM, (*EVERY, ["assert 2 == f(1)", "assert not f(1) != 2"]))
