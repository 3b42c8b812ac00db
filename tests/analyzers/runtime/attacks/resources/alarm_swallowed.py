"""Catches whatever a time limit raises, and tries again, without end."""

from hostile import Attack, Tier

PROGRAM = """
def f(x):
    while True:
        try:
            while True: max(1, 2)
        except BaseException: pass
"""

ATTACK = Attack(PROGRAM, naive="alarmed", works="hangs", tier=Tier.WEAK, outcomes=("timeout",))
