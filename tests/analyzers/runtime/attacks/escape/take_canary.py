"""Makes a file of somebody else's its own, or another user's."""

from hostile import Attack, Outcome, Tier

PROGRAM = """
import os
def f(x):
    os.chown("@CANARY@", 12345, 12345)
    os.chmod("@CANARY@", 0o600)
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="touched", needs_root=True, outcomes=tuple(Outcome))
