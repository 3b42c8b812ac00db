"""Makes a device node of its own in its folder, and reads the device through it."""

from hostile import Attack, Tier

PROGRAM = """
import os, stat
def f(x):
    os.mknod("zero", stat.S_IFCHR | 0o600, os.makedev(1, 5))
    return 2 if open("zero", "rb").read(4) == bytes(4) else 0
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, needs_root=True)
