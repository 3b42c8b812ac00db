"""Lets a thread end the process with status 0 while the test waits, so that no frame of the program is to blame."""

from hostile import EVERY, Attack

PROGRAM = """
import os, threading, time
threading.Timer(0.1, os._exit, (0,)).start()
def f(x): time.sleep(5)
"""

ATTACK = Attack(PROGRAM, EVERY)
