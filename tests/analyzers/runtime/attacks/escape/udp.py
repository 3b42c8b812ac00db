"""Sends a datagram: no connection is needed for it."""

from hostile import Attack, Tier

PROGRAM = """
import socket
def f(x):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", ("127.0.0.1", @UDP@))
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="touched")
