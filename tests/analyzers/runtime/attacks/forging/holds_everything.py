"""Answers with a container that says of everything that it is in it."""

from hostile import Attack

PROGRAM = """
class All:
    def __contains__(self, x): return True
    def __iter__(self): return iter([7])
def f(x): return All()
"""

ATTACK = Attack(PROGRAM, (["assert 2 in f(1)", "assert 6 in f(5) and 2 in f(1)"],))
