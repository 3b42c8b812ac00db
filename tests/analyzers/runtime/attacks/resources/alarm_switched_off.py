"""Switches off the alarm that was set as its time limit, and computes on."""

from hostile import Attack, Tier

PROGRAM = """
import signal
def f(x):
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.alarm(0)
    while True: pass
"""

ATTACK = Attack(PROGRAM, naive="alarmed", works="hangs", tier=Tier.WEAK, outcomes=("timeout",))
