"""Computes a number with billions of digits and adds up a trillion others: single calls that no alarm interrupts."""

from hostile import Attack, Tier

PROGRAM = """
def f(x):
    return sum(range(10 ** 12)) + 3 ** 10 ** 9
"""

ATTACK = Attack(PROGRAM, naive="alarmed", works="hangs", tier=Tier.WEAK, outcomes=("timeout",))
