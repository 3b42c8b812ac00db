"""Holds the kernel up wherever it likes, by answering page faults itself: a tool of many attacks on it."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    pass
    if libc.syscall(323, 0) < 0: raise OSError(ctypes.get_errno(), "no")
    return 2
"""

ATTACK = Attack(
    PROGRAM,
    tier=Tier.WEAK,
    exceptions=("OSError", "PermissionError"),
    needs_root=True,
    needs="a kernel with userfaultfd",
)
