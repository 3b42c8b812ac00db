"""Answers rightly and leaves children that compute on, in sessions of their own, at the cost of all that follow."""

from hostile import Attack, Tier

PROGRAM = """
import os, time
def f(x):
    for _ in range(5):
        if not os.fork():
            os.setsid()
            os.closerange(0, 64)
            end = time.monotonic() + 20
            while time.monotonic() < end: pass
            os._exit(0)
    return x + 1
"""

ATTACK = Attack(PROGRAM, works="left", tier=Tier.WEAK, outcomes=("pass",))
