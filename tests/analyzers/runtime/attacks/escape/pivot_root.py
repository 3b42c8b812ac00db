"""Puts another folder in the place of the root. (Here: in a namespace of its own.)"""

from hostile import Attack, Tier

PROGRAM = """
import ctypes, os, platform
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    libc.unshare(0x00020000)
    libc.mount(b"none", b"/", None, 0x44000, None)
    os.mkdir("root")
    libc.mount(b"none", b"root", b"tmpfs", 0, None)
    os.mkdir("root/old")
    number = {"x86_64": 155, "aarch64": 41}[platform.machine()]
    if libc.syscall(number, b"root", b"root/old"): raise OSError(ctypes.get_errno(), "pivot_root")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, needs_root=True)
