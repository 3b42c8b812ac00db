"""Writes one file that fills the disk. (Here: forty megabytes at most.)"""

from hostile import Attack, Tier

PROGRAM = """
def f(x):
    with open("big", "wb", 0) as file:
        for _ in range(40):
            if file.write(bytes(1 << 20)) < 1 << 20: raise OSError
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, exceptions=("OSError",))
