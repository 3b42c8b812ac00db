"""Takes another process's right to open files."""

from hostile import Attack, Tier

PROGRAM = """
import resource
def f(x):
    resource.prlimit(@VICTIM@, resource.RLIMIT_NOFILE, (1, 1))
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK)
