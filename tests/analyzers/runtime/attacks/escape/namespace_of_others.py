"""Enters the namespace of another process: so programs leave containers."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    try: namespace = os.open("/proc/1/ns/uts", os.O_RDONLY)
    except OSError: namespace = os.open("/proc/self/ns/uts", os.O_RDONLY)
    if libc.setns(namespace, 0): raise OSError(ctypes.get_errno(), "setns")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, needs_root=True)
