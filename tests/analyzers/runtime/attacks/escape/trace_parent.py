"""Attaches to the process that has started it, as a debugger does, and could then do what that can."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    if libc.ptrace(0x4206, os.getppid() or 1, 0, 0): raise OSError(ctypes.get_errno(), "ptrace")
    libc.ptrace(17, os.getppid(), 0, 0)
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, exceptions=("PermissionError", "ProcessLookupError"))
