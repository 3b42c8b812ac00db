"""Leaves folders nested deeper than a path may be long: whoever removes them by their names cannot."""

from hostile import Attack, Tier

PROGRAM = """
import os
def f(x):
    for _ in range(1100):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
    return x + 1
"""

ATTACK = Attack(PROGRAM, naive="cleaning", works="dies", tier=Tier.WEAK, outcomes=("pass", "error", "timeout"))
