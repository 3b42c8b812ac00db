"""Reports exceptions that no program raises: without a type, with a message of megabytes, raised at line -1."""

from hostile import EVERY, Attack

MANY = [f"assert f({n}) == 2" for n in range(7)]

PROGRAM = """
import os
def say(*texts):
    for text in texts:
        body = text if isinstance(text, bytes) else text.encode()
        os.write(3, len(body).to_bytes(4, "big") + body)

ERRORS = ['5', '{"type": 5}', '{"type": "x", "bases": 7}', '{"type": "x", "frame": [1, "x", {}, []]}',
          '{"type": "x", "frame": [99999999, 1, -5, 9]}', '{"type": "' + "E" * 1_000_000 + '", "message": "' + "m" * 5_000_000 + '"}',
          '{"type": "x", "bases": ["ExceptionGroup", "eval", "BaseException"]}']
def f(x):
    for error in ERRORS: say('{"raised": ' + error + "}")
    return 7
"""

ATTACK = Attack(PROGRAM, (*EVERY, MANY), naive="channel", works="dies")
