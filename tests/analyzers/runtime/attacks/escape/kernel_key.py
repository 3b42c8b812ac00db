"""Keeps data with the kernel, in a ring of keys that outlives the process. (Here: in the process's own.)"""

from hostile import Attack, Tier

PROGRAM = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    if libc.syscall(248, b"user", b"@NAME@", b"an answer", 9, -2) < 0: raise OSError(ctypes.get_errno(), "add_key")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, needs="a kernel with keys", exceptions=("PermissionError",))
