"""Reads the memory of the process that has started it, where tests may lie, as a file."""

from hostile import Attack

PROGRAM = """
import os
def f(x):
    for line in open(f"/proc/{os.getppid()}/maps"):
        if "[heap]" in line:
            with open(f"/proc/{os.getppid()}/mem", "rb", 0) as memory:
                memory.seek(int(line.split("-")[0], 16))
                return 2 if memory.read(4096) else 0
"""

ATTACK = Attack(PROGRAM)
