"""Leaves a child that forks anew whenever it is looked at: it is another process each time it is to be killed."""

from hostile import Attack, Tier

PROGRAM = """
import os, time
def f(x):
    if not os.fork():
        os.setsid()
        os.closerange(0, 64)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if os.fork(): os._exit(0)
            os.setsid()
            time.sleep(0.001)
        os._exit(0)
    return x + 1
"""

ATTACK = Attack(PROGRAM, works="left", tier=Tier.WEAK, outcomes=("pass",))
