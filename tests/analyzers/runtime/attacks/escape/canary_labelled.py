"""Hangs an attribute on a file of the user's own."""

from hostile import Attack, Outcome, Tier

PROGRAM = """
import os
def f(x):
    os.setxattr("@CANARY@", "user.hostile", b"was here")
    return 2
"""

ATTACK = Attack(
    PROGRAM,
    tier=Tier.WEAK,
    works="touched",
    outcomes=tuple(Outcome),
    needs="a file system with attributes of the user's",
)
