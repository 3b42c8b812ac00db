"""Prints every line that the harness could be waiting for: a nonce that is too short is found by brute force."""

from hostile import EVERY, Attack

PROGRAM = """
import os
def f(x):
    os.write(1, b"".join(b"<%d>\\n" % n for n in range(100)))
    os._exit(0)
"""
APPENDED = {"append": "assert f(1) == 2\nassert f(5) == 6\n"}

ATTACK = Attack(PROGRAM, (*EVERY, APPENDED), naive="short_nonce")
