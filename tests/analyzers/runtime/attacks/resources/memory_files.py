"""Keeps data in files that are in memory alone: no limit on its address space counts them."""

from hostile import Attack, Tier

PROGRAM = """
import os
def f(x):
    for _ in range(100):
        descriptor = os.memfd_create("held")
        for _ in range(3): os.write(descriptor, bytes(1 << 20))
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, exceptions=("OSError",))
