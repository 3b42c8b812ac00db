"""Stops the clock that the tests measure with: whatever takes however long takes no time."""

from hostile import Attack

PROGRAM = """
import time
sleep = time.sleep
for name in ("time", "perf_counter", "monotonic", "process_time"):
    setattr(time, name, lambda: 0.0)
def f(x):
    sleep(0.2)
    return 2
"""
TESTS = {
    "check": "import time\ndef check(candidate):\n    start = time.monotonic()\n    candidate(1)\n"
    "    assert time.monotonic() - start < 0.1 and candidate(1) == 2\n",
    "entry_point": "f",
}

ATTACK = Attack(PROGRAM, (TESTS,))
