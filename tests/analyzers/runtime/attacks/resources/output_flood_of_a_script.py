"""Prints more than is kept and then ends well, on both streams: what is compared must not be what was cut off."""

from hostile import Attack, Tier

PROGRAM = """
import sys
for stream in (sys.stderr, sys.stdout):
    stream.write("3\\n" * (1 << 19))
    stream.flush()
def f(x): return 2
"""

ATTACK = Attack(PROGRAM, ({"stdio": [{"stdin": "", "stdout": "3\n"}]},), appended="assert f(1) == 2", tier=Tier.WEAK)
