"""Watches the processor, and through it what others compute."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    body = (ctypes.c_uint32 * 32)(1, 128)
    if libc.syscall(298, ctypes.byref(body), 0, -1, -1, 0) < 0: raise OSError(ctypes.get_errno(), "no")
    return 2
"""

ATTACK = Attack(
    PROGRAM,
    tier=Tier.WEAK,
    exceptions=("OSError", "PermissionError"),
    needs_root=True,
    needs="a kernel with perf events",
)
