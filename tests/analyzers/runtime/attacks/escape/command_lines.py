"""Reads the command lines of all processes, where careless people pass passwords."""

from hostile import Attack

PROGRAM = """
import os
def f(x):
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            if number == "@VICTIM@" and b"sleep" in open(f"/proc/{number}/cmdline", "rb").read(): return 2
        except OSError: pass
"""

ATTACK = Attack(PROGRAM)
