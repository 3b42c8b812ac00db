"""Takes memory without end, and touches it. (Here: a third of a gigabyte at most.)"""

from hostile import Attack, Tier

PROGRAM = """
def f(x):
    taken = []
    for _ in range(20): taken.append(bytearray(16 << 20))
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, exceptions=("MemoryError",), limits={"timeout_s": 3.0})
