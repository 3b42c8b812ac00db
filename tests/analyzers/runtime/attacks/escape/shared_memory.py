"""Leaves memory of System V behind, which belongs to no process and lasts until the next start of the machine."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    if libc.shmget(@KEY@, 4096, 0o1666) < 0: raise OSError(ctypes.get_errno(), "no such object")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="touched", exceptions=("PermissionError",))
