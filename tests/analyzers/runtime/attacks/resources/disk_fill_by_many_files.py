"""Fills the disk with files of which each is small enough. (Here: three hundred files of two megabytes.)"""

from hostile import Attack, Tier

PROGRAM = """
import os
def f(x):
    for n in range(300):
        with open(f"file{n}", "wb") as file: os.posix_fallocate(file.fileno(), 0, 2 << 20)
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.STRICT, exceptions=("OSError",), limits={"timeout_s": 10.0, "output_bytes": 4 << 20})
