"""Puts itself before all others: a negative nice value, or real time."""

from hostile import Attack, Tier

PROGRAM = """
import os
def f(x):
    taken = 0
    for attempt in (lambda: os.nice(-1), lambda: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))):
        try:
            attempt()
            taken += 1
        except OSError: pass
    return 2 if taken else 0
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, needs_root=True)
