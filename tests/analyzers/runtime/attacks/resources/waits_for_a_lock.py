"""Waits for a lock that it holds itself, in C code that no Python signal handler interrupts."""

from hostile import Attack, Tier

PROGRAM = """
import threading
lock = threading.Lock()
def f(x):
    lock.acquire()
    while not lock.acquire(timeout=60): pass
    return 2
"""

ATTACK = Attack(PROGRAM, works="hangs", tier=Tier.WEAK, outcomes=("timeout",))
