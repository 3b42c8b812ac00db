"""Overwrites a file of somebody else's that everybody may write."""

from hostile import Attack

PROGRAM = """
def f(x):
    open("@CANARY@", "w").write("overwritten")
    return 2
"""

ATTACK = Attack(PROGRAM, works="touched")
