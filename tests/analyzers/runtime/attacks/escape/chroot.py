"""Leaves a root that it was shut in by another change of root, from a folder outside of the new one."""

from hostile import Attack, Tier

PROGRAM = """
import os
def f(x):
    os.mkdir("inner")
    os.chroot("inner")
    for _ in range(64): os.chdir("..")
    os.chroot(".")
    return 2 if "etc" in os.listdir("/") else 0
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, needs_root=True, exceptions=("PermissionError",))
