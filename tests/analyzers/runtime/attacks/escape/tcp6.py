"""Connects to a server over IPv6, which filters of addresses forget."""

from hostile import Attack, Tier

PROGRAM = """
import socket
def f(x):
    with socket.create_connection(("::1", @TCP6@), 5) as connection: connection.sendall(b"hello")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="touched", needs="IPv6")
