"""Stops its whole group of processes, its children included, so that nobody is left to report."""

from hostile import Attack, Tier

PROGRAM = """
import os, signal
def f(x):
    os.setpgid(0, 0) if os.getpgrp() != os.getpid() else None
    os.fork() or os.fork()
    os.killpg(0, signal.SIGSTOP)
    return 2
"""

ATTACK = Attack(PROGRAM, naive="terminating", works="hangs", tier=Tier.WEAK, outcomes=("timeout",))
