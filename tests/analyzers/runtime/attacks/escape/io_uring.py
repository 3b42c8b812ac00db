"""Asks for system calls through shared memory, past every filter of them."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    body = (ctypes.c_uint32 * 64)()
    if libc.syscall(425, 1, ctypes.byref(body)) < 0: raise OSError(ctypes.get_errno(), "no")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, exceptions=("OSError", "PermissionError"), needs="a kernel with io_uring")
