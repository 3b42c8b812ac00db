"""Leaves memory under a name behind, as a file that is in memory alone."""

from hostile import Attack

PROGRAM = """
import os
def f(x):
    os.close(os.open("/dev/shm/@NAME@", os.O_CREAT | os.O_RDWR, 0o666))
    return 2
"""

ATTACK = Attack(PROGRAM, works="touched")
