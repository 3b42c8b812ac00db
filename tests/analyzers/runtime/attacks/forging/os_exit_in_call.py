"""Ends the process with status 0 in the middle of the first test, when no clean-up handler can have a say any more."""

from hostile import EVERY, Attack

ATTACK = Attack("import os\ndef f(x): os._exit(0)", EVERY, exceptions=("SystemExit",))
