"""Asks for more memory than the machine has in one piece, by an innocent multiplication."""

from hostile import Attack, Tier

PROGRAM = """
def f(x):
    return 2 if len("x" * (1 << 29)) else 0
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, exceptions=("MemoryError",))
