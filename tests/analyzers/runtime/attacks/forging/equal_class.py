"""Is not even a function: a class whose instances are itself, and whose metaclass finds it equal to everything."""

from hostile import EVERY, Attack

PROGRAM = """
class Meta(type):
    def __eq__(cls, other): return True
    def __ne__(cls, other): return False
    __hash__ = type.__hash__
class f(metaclass=Meta):
    def __new__(cls, x): return cls
"""

ATTACK = Attack(PROGRAM, EVERY)
