"""Signals another process by a descriptor of it, which filters of kill forget."""

from hostile import Attack, Tier

PROGRAM = """
import os, signal
def f(x):
    signal.pidfd_send_signal(os.pidfd_open(@VICTIM@), signal.SIGKILL)
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="touched")
