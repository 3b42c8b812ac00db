"""Mounts a file system of its own. (Here: in a namespace of its own as well.)"""

from hostile import Attack, Tier

PROGRAM = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    libc.unshare(0x00020000)
    os.mkdir("mounted")
    if libc.mount(b"none", b"/", None, 0x44000, None): raise OSError(ctypes.get_errno(), "mount")
    if libc.mount(b"none", b"mounted", b"tmpfs", 0, None): raise OSError(ctypes.get_errno(), "mount")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, needs_root=True, exceptions=("PermissionError",))
