"""Reads a file that root alone may read: the users' hashed passwords."""

from hostile import Attack

PROGRAM = """
def f(x):
    return 2 if open("/etc/shadow").read() else 0
"""

ATTACK = Attack(PROGRAM, needs_root=True)
