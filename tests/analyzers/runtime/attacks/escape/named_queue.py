"""Makes a queue of messages under a name, in a file system that nobody looks into."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    if libc.mq_open(b"/@NAME@", os.O_CREAT | os.O_RDWR, 0o600, None) < 0: raise OSError(ctypes.get_errno(), "mq_open")
    libc.mq_unlink(b"/@NAME@")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, exceptions=("PermissionError",))
