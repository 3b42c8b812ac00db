"""Mounts with the newer calls, which filters of mount forget. (Here: nowhere.)"""

from hostile import Attack, Tier

PROGRAM = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    context = libc.syscall(430, b"tmpfs", 0)
    if context < 0: raise OSError(ctypes.get_errno(), "fsopen")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, needs_root=True, exceptions=("PermissionError",))
