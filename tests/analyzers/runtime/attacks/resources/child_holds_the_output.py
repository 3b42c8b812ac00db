"""Ends at once and leaves a child that holds its output open: who reads to the end of it waits for the child."""

from hostile import Attack, Tier

PROGRAM = """
import os, time
if not os.fork():
    os.setsid()
    time.sleep(30)
print(3)
def f(x): return 2
"""

ATTACK = Attack(
    PROGRAM,
    ({"stdio": [{"stdin": "", "stdout": "3"}]},),
    appended="assert f(1) == 2",
    works="hangs",
    tier=Tier.WEAK,
    outcomes=("pass",),
)
