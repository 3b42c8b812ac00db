"""Stops the process that has started it: it is there, and never answers again."""

from hostile import Attack, Tier

PROGRAM = """
import os, signal
def f(x):
    os.kill(os.getppid(), signal.SIGSTOP)
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="hangs")
