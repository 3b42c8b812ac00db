"""Reads the environment and the descriptors of the process that has started it."""

from hostile import Attack, Tier

PROGRAM = """
import os
def f(x):
    found = open(f"/proc/{os.getppid()}/environ").read()
    names = os.listdir(f"/proc/{os.getppid()}/fd")
    return 2 if "HOSTILE" in found and names else 0
"""

ATTACK = Attack(PROGRAM, tier=Tier.NONE)
