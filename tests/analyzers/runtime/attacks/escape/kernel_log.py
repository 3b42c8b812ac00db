"""Reads what the kernel has written down, addresses in its memory included."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    if libc.klogctl(3, ctypes.create_string_buffer(4096), 4096) < 0: raise OSError(ctypes.get_errno(), "klogctl")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, needs_root=True, exceptions=("PermissionError",))
