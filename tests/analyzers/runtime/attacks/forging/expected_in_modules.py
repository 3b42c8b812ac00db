"""Looks for the expected value in the namespaces and functions of all modules that are loaded."""

from hostile import STOLEN, Attack

PROGRAM = """
import sys
def f(x):
    sought = 98764 + len("x")
    for module in list(sys.modules.values()):
        for value in list(vars(module).values()):
            consts = getattr(getattr(value, "__code__", None), "co_consts", None) or ()
            if type(value) is int and value == sought or any(type(c) is int and c == sought for c in consts):
                return sought
"""

ATTACK = Attack(PROGRAM, STOLEN)
