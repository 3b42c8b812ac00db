"""Writes a file where everybody may write."""

from hostile import Attack

PROGRAM = """
def f(x):
    open("@OUTSIDE@/written", "w").write("here")
    return 2
"""

ATTACK = Attack(PROGRAM, works="touched")
