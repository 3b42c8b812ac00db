"""Lies about its class: `__class__` is a property, so that `isinstance` takes an object of its own for a number."""

from hostile import ASSERTS, Attack

PROGRAM = """
class Liar:
    __class__ = property(lambda self: int)
    def __eq__(self, other): return True
    def __hash__(self): return 2
def f(x): return Liar()
"""

ATTACK = Attack(PROGRAM, (["assert isinstance(f(1), int) and f(1) == 2"], ASSERTS))
