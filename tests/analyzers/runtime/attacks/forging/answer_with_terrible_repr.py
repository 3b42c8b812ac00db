"""Answers with what no message can show: a repr that raises, never ends, is no text, or fills the memory."""

from hostile import ASSERTS, Attack

PROGRAM = """
class Raises:
    def __repr__(self): raise SystemExit(0)
class Hangs:
    def __repr__(self):
        while True: pass
class Number:
    def __repr__(self): return 5
class Huge:
    def __repr__(self): return "x" * (1 << 27)
def f(x): return Raises() if x == 1 else Hangs()
def g(x): return Number() if x == 1 else Huge()
"""

SUITES = (ASSERTS, ["assert g(1) == 2", "assert g(5) == 6"])

ATTACK = Attack(PROGRAM, SUITES, appended="assert str(f(1)) == '2'", limits={"timeout_s": 0.2})
