"""Computes without end and ignores every signal that can be ignored: asking it to stop is not enough."""

from hostile import Attack, Tier

PROGRAM = """
import signal
def f(x):
    for number in range(1, 65):
        try: signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError): pass
    while True: pass
"""

ATTACK = Attack(PROGRAM, naive="terminating", works="hangs", tier=Tier.WEAK, outcomes=("timeout",))
