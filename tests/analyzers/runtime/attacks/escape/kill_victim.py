"""Kills another process of the user's."""

from hostile import Attack, Tier

PROGRAM = """
import os, signal
def f(x):
    os.kill(@VICTIM@, signal.SIGKILL)
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="touched")
