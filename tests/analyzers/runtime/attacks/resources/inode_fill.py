"""Makes empty files without end, until the file system has no room for another name. (Here: twenty-one thousand.)"""

from hostile import Attack, Tier

PROGRAM = """
import os
def f(x):
    for n in range(21_000): os.close(os.open(str(n), os.O_CREAT | os.O_WRONLY))
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.STRICT, exceptions=("OSError",), limits={"timeout_s": 10.0})
