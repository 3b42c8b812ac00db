"""Fails as it must, and has the interpreter's shutdown turn the exit status into 0."""

from hostile import EVERY, Attack

ATTACK = Attack("import atexit, os\natexit.register(os._exit, 0)\ndef f(x): raise ValueError", EVERY)
