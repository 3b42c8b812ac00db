"""Reads a file of the machine that everybody may read: which users there are."""

from hostile import Attack

PROGRAM = """
def f(x):
    return 2 if "root" in open("/etc/passwd").read() else 0
"""

ATTACK = Attack(PROGRAM)
