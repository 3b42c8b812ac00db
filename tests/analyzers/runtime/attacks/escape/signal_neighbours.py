"""Signals every process whose number is near its own. (Here: with signal 0, which asks whether it may.)"""

from hostile import Attack, Tier

PROGRAM = """
import os
def f(x):
    reached = []
    for number in range(max(1, os.getpid() - 1000), os.getpid() + 100):
        try:
            if number != os.getpid(): os.kill(number, 0)
            reached.append(number)
        except OSError: pass
    return 2 if len(reached) > 1 else 0
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK)
