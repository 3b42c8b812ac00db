"""Puts terminal sequences and half characters into what is shown to people: a message may clear the screen, and what
cannot be encoded ends whoever writes it to a file."""

from hostile import EVERY, Attack

PROGRAM = """
import os
def say(*texts):
    for text in texts:
        body = text if isinstance(text, bytes) else text.encode()
        os.write(3, len(body).to_bytes(4, "big") + body)

FACTS = ['{"type": "x\\u001b[2J", "message": "m\\u009b31m\\ud800", "bases": ["\\ud800"]}', '{"type": "\\ud800"}']
def f(x):
    if x == 1:
        return "\\x1b[2J\\x1b]0;owned\\x07\\ud800"
    raise type("Bad\\x1b[2J", (Exception,), {})("\\x1b[2J\\x9b31m\\ud800")
def g(x): say('{"raised": ' + FACTS[x] + "}")
"""

ATTACK = Attack(
    PROGRAM, (*EVERY, ["assert f(5) == 6"], ["assert g(0) == 1"], ["assert g(1) == 1"]), naive="channel", works="dies"
)
