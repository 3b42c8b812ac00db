"""Answers wrongly, and has a thread send better answers when the test has moved on."""

from hostile import EVERY, Attack

PROGRAM = """
import os, threading, time
def late():
    for _ in range(60):
        time.sleep(0.005)
        for body in (b'{"value": 7, "changed": [[0, 6]]}', b'{"passed": true}'):
            os.write(3, len(body).to_bytes(4, "big") + body)
def f(x):
    threading.Thread(target=late, daemon=True).start()
    time.sleep(0.1)
    return 7
"""

ATTACK = Attack(PROGRAM, EVERY, naive="channel")
