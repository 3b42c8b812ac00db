"""Hides what is equal to everything inside plain lists, tuples and dictionaries, where a look at the outside fails."""

from hostile import Attack

PROGRAM = """
class Equal(str):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return hash("right")
def f(x): return [Equal("wrong")]
def g(x): return {Equal("wrong"): (Equal("wrong"),)}
"""

ATTACK = Attack(PROGRAM, (["assert f(1) == ['right']", "assert g(1) == {'right': ('right',)}"],))
