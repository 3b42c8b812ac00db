"""Takes an open file of another process's over, by its number there."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    parent = os.pidfd_open(os.getppid() or 1)
    taken = libc.syscall(438, parent, 0, 0)
    return 2 if taken >= 0 else -ctypes.get_errno()
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK)
