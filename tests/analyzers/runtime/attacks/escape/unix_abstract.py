"""Connects to a service by a name that is in no folder, so that no permission of files stops it."""

from hostile import Attack, Tier

PROGRAM = """
import socket
def f(x):
    socket.socket(socket.AF_UNIX).connect("\\x00@ABSTRACT@")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="touched")
