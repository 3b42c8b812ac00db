"""Answers before it is asked, with what earlier runs have shown to be right for other tests: answers that are not
bound to their questions are taken for those of the questions that follow."""

from hostile import Attack

REVERSED = "def check(candidate):\n    assert candidate(5) == 6\n    assert candidate(1) == 2\n"

PROGRAM = """
import os
def say(*texts):
    for text in texts:
        body = text if isinstance(text, bytes) else text.encode()
        os.write(3, len(body).to_bytes(4, "big") + body)

say('{"value": 2}', '{"value": 6}', '{"value": 6}')
def f(x):
    say('{"value": 2}', '{"value": 2}') if x == 1 else say('{"value": 6}')
    return 7
"""

ATTACK = Attack(PROGRAM, ({"check": REVERSED, "entry_point": "f"},), naive="channel")
