"""Leaves a queue of messages of System V behind, for the next program to read from."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    if libc.msgget(@KEY@, 0o1666) < 0: raise OSError(ctypes.get_errno(), "no such object")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="touched", exceptions=("PermissionError",))
