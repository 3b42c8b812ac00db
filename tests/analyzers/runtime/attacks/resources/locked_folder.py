"""Leaves folders that nobody may enter, names that are no text, links into themselves and pipes that hang who opens them."""

from hostile import Attack, Tier

PROGRAM = """
import os
def f(x):
    os.mkdir("locked")
    os.mkdir("locked/inner")
    open("locked/inner/file", "w").close()
    os.chmod("locked/inner", 0)
    os.chmod("locked", 0)
    open(b"\\xff\\n\\x1b[2J", "w").close()
    os.symlink("self", "self")
    os.symlink(".", "here")
    try: os.mkfifo("pipe")
    except OSError: pass
    os.chmod(".", 0)
    return x + 1
"""

ATTACK = Attack(PROGRAM, outcomes=("pass",), tier=Tier.WEAK)
