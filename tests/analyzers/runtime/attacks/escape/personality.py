"""Turns off that its memory lies at other addresses each time, as attacks on setuid programs do."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    libc.personality(0x0040000)
    return 2 if libc.personality(0xFFFFFFFF) & 0x0040000 else 0
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK)
