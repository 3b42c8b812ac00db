"""Begins an answer and never ends it, while the process stays alive and waits."""

from hostile import EVERY, Attack

PROGRAM = """
import os
def say(*texts):
    for text in texts:
        body = text if isinstance(text, bytes) else text.encode()
        os.write(3, len(body).to_bytes(4, "big") + body)

import time
def f(x):
    os.write(3, b"\\x00\\x00\\x00\\x10" + b'{"value')
    time.sleep(30)
"""

ATTACK = Attack(PROGRAM, EVERY, naive="channel", works="hangs")
