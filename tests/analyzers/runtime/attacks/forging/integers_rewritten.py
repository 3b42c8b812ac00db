"""Writes with ctypes into the one object that is the number 2, so that the tests compare 7 with 7."""

from hostile import EVERY, Attack

PROGRAM = """
import ctypes
def f(x):
    for number in (2, 6):
        ctypes.c_uint32.from_address(id(number) + 24).value = 7
    return 7
"""

ATTACK = Attack(PROGRAM, EVERY, appended="import os\nassert f(1) == 2\nassert f(5) == 6\nos._exit(0)")
