"""Leaves a daemon behind: twice forked, in a session of its own, deaf to SIGTERM, with nothing open."""

from hostile import Attack, Tier

PROGRAM = """
import os, signal, time
def f(x):
    if not os.fork():
        os.setsid()
        if os.fork(): os._exit(0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.closerange(0, 64)
        time.sleep(30)
        os._exit(0)
    os.wait()
    return x + 1
"""

ATTACK = Attack(PROGRAM, works="left", tier=Tier.WEAK, outcomes=("pass",))
