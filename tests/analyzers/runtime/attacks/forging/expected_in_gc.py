"""Looks for the expected value in every object that the garbage collector knows."""

from hostile import STOLEN, Attack

PROGRAM = """
import gc
def f(x):
    sought = 98764 + len("x")
    for thing in gc.get_objects():
        held = thing.__code__.co_consts if hasattr(thing, "__code__") and hasattr(thing.__code__, "co_consts") else thing
        parts = held.values() if isinstance(held, dict) else held if isinstance(held, (list, tuple)) else ()
        if any(type(part) is int and part == sought and part is not sought for part in list(parts)): return sought
"""

ATTACK = Attack(PROGRAM, STOLEN)
