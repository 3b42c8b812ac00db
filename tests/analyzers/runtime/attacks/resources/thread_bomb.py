"""Starts threads until the system has no room for one more. (Here: two hundred at most.)"""

from hostile import Attack, Tier

PROGRAM = """
import threading, time
threading.stack_size(64 << 10)
def f(x):
    for _ in range(200): threading.Thread(target=time.sleep, args=(3,), daemon=True).start()
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, exceptions=("RuntimeError",))
