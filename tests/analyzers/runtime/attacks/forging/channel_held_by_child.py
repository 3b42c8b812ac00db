"""Leaves a child behind that holds the channel open and answers on, when the program itself has ended."""

from hostile import EVERY, Attack

PROGRAM = """
import os, time
def f(x):
    if os.fork(): os._exit(0)
    os.setsid()
    body = b'{"value": 7}'
    for _ in range(40):
        try: os.write(3, len(body).to_bytes(4, "big") + body)
        except OSError: pass
        time.sleep(0.5)
"""

ATTACK = Attack(PROGRAM, EVERY, naive="channel", works="left")
