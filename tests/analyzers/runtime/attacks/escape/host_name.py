"""Renames the machine. (Here: to what it is called.)"""

from hostile import Attack, Tier

PROGRAM = """
import socket
def f(x):
    socket.sethostname(socket.gethostname())
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, needs_root=True, exceptions=("PermissionError",))
