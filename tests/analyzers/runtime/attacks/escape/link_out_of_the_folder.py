"""Leaves links to a folder outside in its own: whoever empties that by following links empties the other."""

from hostile import Attack, Tier

PROGRAM = """
import os
def f(x):
    os.symlink("@OUTSIDE@", "inner")
    os.symlink("@CANARY@", "file")
    os.mkdir("deep")
    os.symlink("@OUTSIDE@", "deep/inner")
    return x + 1
"""

ATTACK = Attack(PROGRAM, tier=Tier.NONE, naive="emptying", works="touched", outcomes=("pass",))
