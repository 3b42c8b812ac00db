"""Looks for what the program before it has left: files beside and above its folder, in memory, in folders for all."""

from hostile import Attack

PROGRAM = """
import os
def f(x):
    for folder in (".", "..", "../..", "/tmp", "/var/tmp", "/dev/shm"):
        try:
            if open(os.path.join(folder, "@NAME@")).read() == "an answer": return 2
        except OSError: pass
"""

ATTACK = Attack(
    PROGRAM,
    naive="in_turn",
    before="""
import os
def f(x):
    for folder in (".", "..", "../..", "/dev/shm"):
        try: open(os.path.join(folder, "@NAME@"), "w").write("an answer")
        except OSError: pass
""",
    works="touched",
)
