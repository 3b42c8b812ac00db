"""Says that it does not compile, in every wrong way: what is said of a program is no fact until it is checked."""

from hostile import EVERY, Attack

PROGRAM = """
import os
def say(*texts):
    for text in texts:
        body = text if isinstance(text, bytes) else text.encode()
        os.write(3, len(body).to_bytes(4, "big") + body)

say('{"syntax": {"type": "SyntaxError", "message": "no", "at": [99999, 1, -7, 2147483647], "unit": "mile"}}')
def f(x): return 7
"""

ATTACK = Attack(PROGRAM, EVERY, naive="channel", works="dies")
