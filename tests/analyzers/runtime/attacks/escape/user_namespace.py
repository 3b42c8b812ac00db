"""Makes a namespace in which it is root, and with that reaches much of the kernel that it had no business with."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    if libc.unshare(0x10000000 | 0x00020000): raise OSError(ctypes.get_errno(), "unshare")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, needs="namespaces of users", exceptions=("PermissionError",))
