"""Waits for input that nobody gives: a harness that leaves its own standard input open waits with it."""

from hostile import Attack, Tier

PROGRAM = """
import sys
def f(x):
    sys.stdin.read()
    input()
    return 2
"""

ATTACK = Attack(PROGRAM, naive="inheriting", works="hangs", tier=Tier.WEAK, exceptions=("EOFError",))
