"""Has a repr that is a string of its own class, equal to everything: for tests that compare what is printed."""

from hostile import Attack

PROGRAM = """
class Equal(str):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = None
class Answer:
    def __repr__(self): return Equal("7")
    __str__ = __repr__
def f(x): return Answer()
"""

ATTACK = Attack(PROGRAM, (["assert repr(f(1)) == '2'", "assert str(f(1)) == '2'"],))
