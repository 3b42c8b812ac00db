"""Forks until nothing on the machine can fork any more. (Here: a hundred and fifty times at most.)"""

from hostile import Attack, Tier

PROGRAM = """
import os, time
def f(x):
    children = []
    for _ in range(150):
        child = os.fork()
        if not child:
            time.sleep(1)
            os._exit(0)
        children.append(child)
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, exceptions=("BlockingIOError",))
