"""Makes a file of a terabyte that holds nothing: whoever copies or counts it is lost."""

from hostile import Attack, Tier

PROGRAM = """
import os
def f(x):
    with open("sparse", "wb") as file: file.truncate(60 << 20)
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, exceptions=("OSError",))
