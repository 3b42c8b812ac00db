"""Makes names without end, until the file system has no room for another. (Here: twenty-one thousand.)"""

from hostile import Attack, Tier

PROGRAM = """
import os
def f(x):
    open("0", "w").close()
    for n in range(1, 21_000): os.link("0", str(n))
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.STRICT, exceptions=("OSError",), limits={"timeout_s": 10.0})
