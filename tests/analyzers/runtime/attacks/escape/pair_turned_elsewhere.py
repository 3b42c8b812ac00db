"""Turns one of a pair of connected sockets, which programs may have, to another address."""

from hostile import Attack, Tier

PROGRAM = """
import socket
def f(x):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ours.sendto(b"hello", "@DATAGRAM@")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="touched")
