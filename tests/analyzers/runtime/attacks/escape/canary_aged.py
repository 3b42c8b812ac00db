"""Changes the times of a file of the user's own, which a build tool would take for a new one."""

from hostile import Attack, Outcome, Tier

PROGRAM = """
import os
def f(x):
    os.utime("@CANARY@", (1, 1))
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="touched", outcomes=tuple(Outcome))
