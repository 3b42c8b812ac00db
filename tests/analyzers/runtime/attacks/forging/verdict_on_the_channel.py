"""Writes on the channel of its answers what a harness may take for a verdict."""

from hostile import EVERY, Attack

PROGRAM = """
import os
def say(*texts):
    for text in texts:
        body = text if isinstance(text, bytes) else text.encode()
        os.write(3, len(body).to_bytes(4, "big") + body)

say('{"passed": true, "tests": [["passed", 0, ""]]}')
def f(x):
    say('{"passed": true}', '{"ready": true}', '{"tests": [["passed", 0.0, ""]]}')
    return 7
"""

ATTACK = Attack(PROGRAM, EVERY, naive="channel")
