"""Looks for files and sockets that were left open when it was started. (One socket, as descriptor 3, is meant for it.)"""

from hostile import Attack, Tier

PROGRAM = """
import os, stat
def f(x):
    found = []
    for number in range(3, 1024):
        try: kind = stat.S_IFMT(os.fstat(number).st_mode)
        except OSError: continue
        if number != 3 or kind != stat.S_IFSOCK: found.append(kind)
    return 2 if found else 0
"""

ATTACK = Attack(PROGRAM, tier=Tier.NONE, naive="leaking")
