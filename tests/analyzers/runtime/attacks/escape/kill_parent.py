"""Kills the process that has started it, so that nobody is left to report."""

from hostile import Attack, Tier

PROGRAM = """
import os, signal
def f(x):
    os.kill(os.getppid(), signal.SIGKILL)
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="dies")
