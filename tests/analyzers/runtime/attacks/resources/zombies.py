"""Leaves children that have ended unburied: each keeps a number of the few that there are."""

from hostile import Attack, Tier

PROGRAM = """
import os
def f(x):
    for _ in range(150):
        os.fork() or os._exit(0)
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, exceptions=("BlockingIOError",))
