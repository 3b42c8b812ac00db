"""Looks into the folder of temporary files for what others have left there."""

from hostile import Attack

PROGRAM = """
import os
def f(x):
    return 2 if os.path.basename("@OUTSIDE@") in os.listdir(os.path.dirname("@OUTSIDE@")) else 0
"""

ATTACK = Attack(PROGRAM)
