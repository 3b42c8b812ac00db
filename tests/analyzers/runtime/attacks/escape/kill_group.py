"""Kills the group of processes that it is in, with which the harness goes."""

from hostile import Attack, Tier

PROGRAM = """
import os, signal
def f(x):
    os.killpg(os.getpgrp(), signal.SIGKILL)
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="dies", exceptions=("SIGKILL",))
