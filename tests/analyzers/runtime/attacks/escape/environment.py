"""Looks for secrets in its environment: keys and tokens of whoever runs the harness."""

from hostile import Attack, Tier

PROGRAM = """
import os
def f(x):
    own = open("/proc/self/environ").read() if os.access("/proc/self/environ", os.R_OK) else ""
    return 2 if "HOSTILE" in os.environ or "HOSTILE" in own else 0
"""

ATTACK = Attack(PROGRAM, tier=Tier.NONE)
