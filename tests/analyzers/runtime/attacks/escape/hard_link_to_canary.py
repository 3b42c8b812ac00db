"""Keeps a file of somebody else's in its own folder, as a hard link: whoever cleans up there changes that file."""

from hostile import Attack

PROGRAM = """
import os
def f(x):
    os.link("@CANARY@", "harmless")
    return 2
"""

ATTACK = Attack(
    PROGRAM, naive="taking", works="touched", exceptions=("OSError", "PermissionError", "FileNotFoundError")
)
