"""Fills the buffers of pipes, which no limit on memory counts. (Here: four hundred pipes at most.)"""

from hostile import Attack, Tier

PROGRAM = """
import fcntl, os
def f(x):
    held = 0
    for _ in range(200):
        _, end = os.pipe()
        fcntl.fcntl(end, 1031, 1 << 18)
        held += os.write(end, bytes(1 << 16))
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, exceptions=("OSError", "PermissionError"))
