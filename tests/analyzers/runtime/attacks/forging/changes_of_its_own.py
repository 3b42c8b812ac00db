"""Reports changes of arguments that it was not given, or that cannot change: who believes it changes the tests."""

from hostile import EVERY, Attack

COMPUTED = {
    "check": "def check(candidate):\n    for x in (1, 5):\n        assert candidate(x) == x + 1\n",
    "entry_point": "f",
}

PROGRAM = """
import os
def say(*texts):
    for text in texts:
        body = text if isinstance(text, bytes) else text.encode()
        os.write(3, len(body).to_bytes(4, "big") + body)

CHANGES = ['[[0, 6]]', '[[0, 6]]', '[[0, 3], [9, 9], "x"]', '[[-1, 5]]', '[["__class__", 1]]', '{"0": 1}', '[[0, ["l", []]]]', '5']
def f(x):
    for change in CHANGES: say('{"value": 7, "changed": ' + change + "}")
    return 7
"""

ATTACK = Attack(PROGRAM, (*EVERY, COMPUTED), naive="channel")
