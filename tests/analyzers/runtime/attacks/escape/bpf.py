"""Loads something of its own into the kernel: a map for its programs."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    body = (ctypes.c_uint32 * 32)(2, 4, 4, 1)
    if libc.syscall(321, 0, ctypes.byref(body), 128) < 0: raise OSError(ctypes.get_errno(), "no")
    return 2
"""

ATTACK = Attack(
    PROGRAM, tier=Tier.WEAK, exceptions=("OSError", "PermissionError"), needs_root=True, needs="a kernel with bpf"
)
