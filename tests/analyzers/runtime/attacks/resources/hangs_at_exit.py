"""Prints what is right and then never ends, in a handler of the interpreter's shutdown."""

from hostile import Attack, Tier

PROGRAM = """
import atexit, time
print(3)
atexit.register(time.sleep, 60)
import threading
threading.Thread(target=time.sleep, args=(60,)).start()
"""

ATTACK = Attack(
    PROGRAM, ({"stdio": [{"stdin": "", "stdout": "3"}]},), works="hangs", tier=Tier.WEAK, outcomes=("timeout",)
)
