"""Connects to a server and tells it what it likes."""

from hostile import Attack, Tier

PROGRAM = """
import socket
def f(x):
    with socket.create_connection(("127.0.0.1", @TCP@), 5) as connection: connection.sendall(b"hello")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="touched")
