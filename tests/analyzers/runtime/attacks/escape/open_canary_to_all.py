"""Changes who may do what with a file of the user's own: no folder is closed to who owns what is in it."""

from hostile import Attack, Tier

PROGRAM = """
import os
def f(x):
    os.chmod("@CANARY@", 0o4777)
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, unprivileged=Tier.STRICT, works="touched")
