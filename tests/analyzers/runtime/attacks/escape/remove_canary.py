"""Moves a file of somebody else's, in a folder that everybody may write to, and removes it."""

from hostile import Attack

PROGRAM = """
import os
def f(x):
    os.rename("@CANARY@", "@CANARY@-moved")
    os.remove("@CANARY@-moved")
    return 2
"""

ATTACK = Attack(PROGRAM, works="touched")
