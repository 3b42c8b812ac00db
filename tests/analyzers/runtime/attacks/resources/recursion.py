"""Goes down without end with the interpreter's bound taken away, until the stack or the memory is used up."""

from hostile import Attack, Tier

PROGRAM = """
import sys
sys.setrecursionlimit(10 ** 9)
class Down:
    def __getattr__(self, name): return getattr(Down(), name)
def f(x):
    return Down().down
"""

ATTACK = Attack(PROGRAM, naive="in_process", works="dies", tier=Tier.WEAK, outcomes=("error",))
