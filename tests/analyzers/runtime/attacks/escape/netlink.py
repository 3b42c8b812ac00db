"""Asks the kernel for the machine's network devices and addresses."""

from hostile import Attack, Tier

PROGRAM = """
import socket, struct
def f(x):
    kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    kernel.send(struct.pack("=IHHIIB7x", 24, 18, 0x301, 1, 0, 0))
    return 2 if b"lo" in kernel.recv(1 << 16) else 0
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK)
