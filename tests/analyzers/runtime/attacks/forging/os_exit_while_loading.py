"""Ends the process with status 0 before a test has run: whoever takes the exit status for a verdict is told PASS."""

from hostile import EVERY, Attack

ATTACK = Attack("import os\nos._exit(0)", EVERY, exceptions=("SystemExit",))
