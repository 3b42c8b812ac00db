"""Raises SystemExit in a test: `except Exception` does not catch it, and the status of the process is 0."""

from hostile import EVERY, Attack

ATTACK = Attack("def f(x): raise SystemExit(0)", EVERY, exceptions=("SystemExit",))
