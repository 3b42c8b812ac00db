"""Changes who may do what with a file of the user's own: no folder is closed to who owns what is in it."""

from hostile import Attack, Outcome, Tier

PROGRAM = """
import os
def f(x):
    os.chmod("@CANARY@", 0o4777)
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="touched", outcomes=tuple(Outcome))
