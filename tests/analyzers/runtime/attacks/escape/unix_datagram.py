"""Sends a message to a service of the machine (its log, say) over a socket in the file system."""

from hostile import Attack, Tier

PROGRAM = """
import socket
def f(x):
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"hello", "@DATAGRAM@")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="touched")
