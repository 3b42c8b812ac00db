"""Connects to a service of the machine over its socket in the file system."""

from hostile import Attack, Tier

PROGRAM = """
import socket
def f(x):
    socket.socket(socket.AF_UNIX).connect("@UNIX@")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="touched")
