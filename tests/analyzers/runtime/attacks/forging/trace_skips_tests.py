"""Sets a trace function on the frame of the tests, which leaves the process when the next line of them is reached."""

from hostile import EVERY, Attack

PROGRAM = """
import os, sys
def f(x):
    def skip(frame, event, arg):
        os._exit(0)
    sys.settrace(skip)
    sys._getframe(1).f_trace = skip
    return 7
"""

ATTACK = Attack(PROGRAM, EVERY)
