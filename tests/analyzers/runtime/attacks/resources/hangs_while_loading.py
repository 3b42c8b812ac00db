"""Computes without end while the module is loaded, before any test has set a limit."""

from hostile import Attack, Tier

PROGRAM = """
while True: pass
def f(x): return 2
"""

ATTACK = Attack(PROGRAM, works="hangs", tier=Tier.WEAK, outcomes=("timeout",))
