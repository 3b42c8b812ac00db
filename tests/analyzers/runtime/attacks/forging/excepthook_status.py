"""Replaces what happens to an uncaught exception: the failing assertion itself ends the process with status 0."""

from hostile import EVERY, Attack

ATTACK = Attack("import sys, os\nsys.excepthook = lambda *_: os._exit(0)\ndef f(x): return 7", EVERY)
