"""Leaves a semaphore of System V behind, of which the machine has few."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    if libc.semget(@KEY@, 1, 0o1666) < 0: raise OSError(ctypes.get_errno(), "no such object")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="touched", exceptions=("PermissionError",))
