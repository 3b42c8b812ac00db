"""Turns the descriptor of its answers to /dev/null, and keeps the true one open elsewhere: no answer, and no end."""

from hostile import ASSERTS, Attack

PROGRAM = """
import os, time
def f(x):
    os.dup2(3, 40)
    os.dup2(os.open("/dev/null", os.O_RDWR), 3)
    time.sleep(30)
"""

ATTACK = Attack(PROGRAM, (ASSERTS,), naive="channel", works="hangs", outcomes=("timeout",), limits={"timeout_s": 0.2})
