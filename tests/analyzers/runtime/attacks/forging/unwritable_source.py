"""Has null bytes, half characters and a strange declaration of its encoding in the program itself."""

from hostile import EVERY, Attack

PROGRAM = "# -*- coding: utf-7 -*-\ndef f(x): return '+AGE-\x00\ud800'\n# \x0c \u2028 \r"

ATTACK = Attack(PROGRAM, EVERY, works="dies", outcomes=("syntax_error",))
