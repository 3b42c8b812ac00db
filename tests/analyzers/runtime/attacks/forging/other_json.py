"""Sends what is JSON and no answer: lists, numbers, an object without a value, duplicate keys."""

from hostile import EVERY, Attack

PROGRAM = """
import os
def say(*texts):
    for text in texts:
        body = text if isinstance(text, bytes) else text.encode()
        os.write(3, len(body).to_bytes(4, "big") + body)

ANSWERS = ["[1, 2]", "7", "null", "{}", '{"value": {"a": 1}}', '{"value": ["x", 1]}', '{"value": ["l"]}',
           '{"value": ["f", 2]}', '{"value": 2.0}', '{"value": NaN}', '{"value": ["T", "object"]}',
           '{"value": 1, "value": ["D", "NaN5x"]}']
def f(x):
    for answer in ANSWERS: say(answer)
    return 7
"""

ATTACK = Attack(PROGRAM, EVERY, naive="channel", works="dies")
