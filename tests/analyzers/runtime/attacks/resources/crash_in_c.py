"""Crashes the interpreter itself: no exception, no clean-up, and with it whoever runs it in his own process."""

from hostile import Attack, Tier

PROGRAM = """
import ctypes
def f(x): return ctypes.string_at(0)
"""

ATTACK = Attack(PROGRAM, naive="in_process", works="dies", tier=Tier.WEAK, outcomes=("error",), exceptions=("SIGSEGV",))
