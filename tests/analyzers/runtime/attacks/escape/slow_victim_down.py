"""Gives another process of the user's the least priority."""

from hostile import Attack, Tier

PROGRAM = """
import os
def f(x):
    os.setpriority(os.PRIO_PROCESS, @VICTIM@, 19)
    return x + 1
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="touched", outcomes=("pass", "error"))
