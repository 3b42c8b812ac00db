"""Empties a file of somebody else's without opening it."""

from hostile import Attack

PROGRAM = """
import os
def f(x):
    os.truncate("@CANARY@", 0)
    return 2
"""

ATTACK = Attack(PROGRAM, works="touched")
