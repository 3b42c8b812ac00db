"""Sends a hundred thousand opening brackets: a parser that goes down with them has no stack left."""

from hostile import EVERY, Attack

PROGRAM = """
import os
def say(*texts):
    for text in texts:
        body = text if isinstance(text, bytes) else text.encode()
        os.write(3, len(body).to_bytes(4, "big") + body)

def f(x):
    say("[" * 100_000, '{"value": ' + "[" * 100_000 + "]" * 100_000 + "}")
    return 7
"""

ATTACK = Attack(PROGRAM, EVERY, naive="channel", works="dies")
