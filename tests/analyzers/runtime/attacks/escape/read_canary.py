"""Reads a file of somebody else's, in a folder that everybody may enter."""

from hostile import Attack

PROGRAM = """
def f(x):
    return 2 if open("@CANARY@").read() == "@SECRET@" else 0
"""

ATTACK = Attack(PROGRAM)
