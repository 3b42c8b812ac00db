"""Opens a socket that sees and forges every packet."""

from hostile import Attack, Tier

PROGRAM = """
import socket
def f(x):
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, needs_root=True)
