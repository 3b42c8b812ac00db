"""Raises SystemExit while the module is loaded: a harness that imports programs ends itself, with status 0."""

from hostile import EVERY, Attack

ATTACK = Attack("import sys\nsys.exit(0)", EVERY, exceptions=("SystemExit",))
