"""Announces an answer of four gigabytes: who makes room for it runs out of memory, who waits for it waits for good."""

from hostile import EVERY, Attack

PROGRAM = """
import os
def say(*texts):
    for text in texts:
        body = text if isinstance(text, bytes) else text.encode()
        os.write(3, len(body).to_bytes(4, "big") + body)

os.write(3, b"\\xff\\xff\\xff\\xff" + b"x" * 1000)
def f(x):
    os.write(3, b"\\xff\\xff\\xff\\xff")
    return 7
"""

ATTACK = Attack(PROGRAM, EVERY, naive="channel", works="dies")
