"""Sends what is no JSON, no text, or nothing at all, so that the harness fails instead of the program."""

from hostile import EVERY, Attack

PROGRAM = """
import os
def say(*texts):
    for text in texts:
        body = text if isinstance(text, bytes) else text.encode()
        os.write(3, len(body).to_bytes(4, "big") + body)

def f(x):
    for body in (b"}{", b"\\xff\\xfe", b"", b"\\x00" * 100, b'{"value": }'): say(body)
    return 7
"""

ATTACK = Attack(PROGRAM, EVERY, naive="channel", works="dies")
