"""Takes memory without end, and touches it. (Here: half a gigabyte at most.)"""

from hostile import Attack, Tier

PROGRAM = """
def f(x):
    taken = []
    for _ in range(32): taken.append(bytearray(16 << 20))
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, exceptions=("MemoryError",))
