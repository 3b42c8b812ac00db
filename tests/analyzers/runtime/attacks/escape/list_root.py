"""Lists the root of the file system, and from there whatever else there is."""

from hostile import Attack

PROGRAM = """
import os
def f(x):
    return 2 if "etc" in os.listdir("/") else 0
"""

ATTACK = Attack(PROGRAM)
