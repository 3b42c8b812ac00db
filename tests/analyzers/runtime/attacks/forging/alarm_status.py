"""Takes over the alarm that harnesses use as time limit: when it rings, the process ends with status 0."""

from hostile import EVERY, Attack

PROGRAM = """
import os, signal
signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
def f(x):
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    while True: pass
"""

ATTACK = Attack(PROGRAM, EVERY)
