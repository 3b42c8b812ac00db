"""Reads the tests from where harnesses leave them: its own file, its folder and the one above, the command line, the
environment, descriptors that were left open."""

from hostile import STOLEN, Attack

PROGRAM = """
import os, sys
def f(x):
    sought = str(98764 + len("x"))
    texts = [*os.environ.values(), *sys.argv]
    paths = [sys.argv[0] or "none", "/proc/self/cmdline", "/proc/self/environ", *range(3, 100)]
    for folder in (".", ".."):
        try:
            paths += [os.path.join(folder, name) for name in os.listdir(folder)]
        except OSError: pass
    for path in paths:
        try:
            texts.append(os.pread(path, 100000, 0).decode() if type(path) is int else open(path).read(100000))
        except (OSError, ValueError): pass
    return int(sought) if any(sought in text for text in texts) else 0
"""

ATTACK = Attack(PROGRAM, STOLEN, naive="leaking")
