"""Prints without end: a pipe fills up and the program hangs, or the harness keeps all of it in memory."""

from hostile import Attack, Tier

PROGRAM = """
import sys
def f(x):
    for _ in range(60):
        sys.stdout.write("x" * (1 << 20))
    sys.stdout.flush()
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, exceptions=("OSError",))
