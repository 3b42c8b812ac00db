"""Starts a shell, which has no idea of what is forbidden in the interpreter."""

from hostile import Attack

PROGRAM = """
import os, subprocess
def f(x):
    done = subprocess.run(["/bin/sh", "-c", "read -r line <@CANARY@; echo $line; echo here >@OUTSIDE@/written"], capture_output=True, text=True)
    return 2 if done.stdout.strip() == "@SECRET@" else 0
"""

ATTACK = Attack(PROGRAM)
