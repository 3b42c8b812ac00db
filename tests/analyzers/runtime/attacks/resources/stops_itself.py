"""Stops itself with SIGSTOP: it neither runs nor ends, and asking it to end does not reach it."""

from hostile import Attack, Tier

PROGRAM = """
import os, signal
def f(x):
    os.kill(os.getpid(), signal.SIGSTOP)
    return 2
"""

ATTACK = Attack(PROGRAM, naive="terminating", works="hangs", tier=Tier.WEAK, outcomes=("timeout",))
