"""Never reads what it is asked: an argument that is larger than the socket holds keeps the harness writing for good."""

from hostile import Attack

PROGRAM = """
import time
time.sleep(0.1)
def f(x): return 7
import os
os.write(3, b"\\0\\0\\0\\x0f" + b'{"ready": true}')
time.sleep(30)
"""
LARGE = {"function": "f", "cases": [{"args": ["x" * (8 << 20)], "expected": 2}]}

ATTACK = Attack(PROGRAM, (LARGE,), naive="asking", works="hangs")
