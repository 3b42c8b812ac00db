"""Sleeps: it takes no CPU time, so a limit on that never ends it."""

from hostile import Attack, Tier

PROGRAM = """
import time
def f(x):
    time.sleep(60)
    return 2
"""

ATTACK = Attack(PROGRAM, works="hangs", tier=Tier.WEAK, outcomes=("timeout",))
