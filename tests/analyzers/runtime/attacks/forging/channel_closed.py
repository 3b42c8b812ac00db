"""Closes the channel of its answers, or shuts it down, and goes on: whoever waits for the end of the process hangs."""

from hostile import ASSERTS, Attack

PROGRAM = """
import os, socket, time
def f(x):
    socket.socket(fileno=os.dup(3)).shutdown(socket.SHUT_RDWR)
    os.close(3)
    time.sleep(30)
"""

ATTACK = Attack(PROGRAM, (ASSERTS,), naive="channel", works="dies", exceptions=("SystemExit",))
