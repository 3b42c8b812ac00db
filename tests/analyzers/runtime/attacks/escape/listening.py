"""Opens a port and waits for visitors."""

from hostile import Attack, Tier

PROGRAM = """
import socket
def f(x):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return 2 if listener.getsockname()[1] else 0
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK)
