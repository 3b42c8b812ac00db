"""Forks in every child too, so that the tree grows faster than anybody can end it: killing one by one never ends."""

from hostile import Attack, Tier

PROGRAM = """
import os, time
def f(x):
    deadline = time.monotonic() + 3
    for depth in range(7):
        try: os.fork()
        except OSError: pass
    os.setsid() if os.getpgrp() != os.getpid() else None
    while time.monotonic() < deadline: time.sleep(0.01)
    return 2
"""

ATTACK = Attack(PROGRAM, works="hangs", tier=Tier.WEAK, limits={"timeout_s": 0.3})
