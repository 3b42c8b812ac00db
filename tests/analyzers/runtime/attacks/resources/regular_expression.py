"""Matches a regular expression that takes exponential time: one call, of C code."""

from hostile import Attack, Tier

PROGRAM = """
import re
def f(x):
    re.match(r"(a+)+$", "a" * 40 + "b")
    return 2
"""

ATTACK = Attack(PROGRAM, works="hangs", tier=Tier.WEAK, outcomes=("timeout",))
