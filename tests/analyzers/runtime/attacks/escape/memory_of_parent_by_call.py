"""Reads the memory of the process that has started it by a call that needs no /proc."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
def f(x):
    try: start = int(open(f"/proc/{os.getppid()}/maps").read().split("-")[0], 16)
    except OSError: start = id(os)
    here = ctypes.create_string_buffer(64)
    theirs, ours = Part(start, 64), Part(ctypes.addressof(here), 64)
    if libc.process_vm_readv(os.getppid() or 1, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0) < 0:
        raise OSError(ctypes.get_errno(), "process_vm_readv")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, exceptions=("PermissionError",))
