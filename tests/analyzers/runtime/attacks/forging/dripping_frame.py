"""Sends its answer byte by byte, each of them in time: a limit on the single read never ends it."""

from hostile import EVERY, Attack

PROGRAM = """
import os
def say(*texts):
    for text in texts:
        body = text if isinstance(text, bytes) else text.encode()
        os.write(3, len(body).to_bytes(4, "big") + body)

import time
def f(x):
    for byte in (300).to_bytes(4, "big") + b" " * 300:
        os.write(3, bytes([byte]))
        time.sleep(0.1)
    return 7
"""

ATTACK = Attack(PROGRAM, EVERY, naive="channel", works="hangs")
