"""Fills the channel without end and reads nothing: whoever writes first and reads later never gets that far."""

from hostile import EVERY, Attack

PROGRAM = """
import os
def f(x):
    frame = (1 << 20).to_bytes(4, "big") + b" " * (1 << 20)
    for _ in range(2000):
        os.write(3, frame)
    return 7
"""

ATTACK = Attack(PROGRAM, EVERY, naive="channel", works="dies")
