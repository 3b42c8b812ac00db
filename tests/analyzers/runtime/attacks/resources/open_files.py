"""Opens files until the process, or the machine, has no descriptors left. (Here: four hundred at most.)"""

from hostile import Attack, Tier

PROGRAM = """
def f(x):
    files = [open("/dev/null") for _ in range(400)]
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, exceptions=("OSError",))
