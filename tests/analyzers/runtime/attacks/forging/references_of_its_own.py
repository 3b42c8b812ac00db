"""Answers with references to objects that it was never asked for, by numbers that are none."""

from hostile import EVERY, Attack

PROGRAM = """
import os
def say(*texts):
    for text in texts:
        body = text if isinstance(text, bytes) else text.encode()
        os.write(3, len(body).to_bytes(4, "big") + body)

ANSWERS = ['["r", 99]', '["r", 0]', '["r", -1]', '["r", {"a": 1}]', '["r", true]', '["r", 1e9]', '["r", "__class__"]']
def f(x):
    for answer in ANSWERS: say('{"value": ' + answer + "}")
    return 7
"""

ATTACK = Attack(PROGRAM, EVERY, naive="channel", works="dies")
