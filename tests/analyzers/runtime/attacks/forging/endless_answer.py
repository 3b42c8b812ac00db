"""Answers with generators and iterators that never end, for a test that makes a list of them."""

from hostile import Attack

PROGRAM = """
import itertools, time
def f(x): return itertools.count()
def g(x): return (time.sleep(0.001) for _ in iter(int, 1))
class Endless:
    def __getitem__(self, place): return place
def h(x): return Endless()
"""
TESTS = [f"assert {made}({name}(1)) == 2" for name in "fgh" for made in ("list", "sum", "max")]

ATTACK = Attack(
    PROGRAM,
    (TESTS[:3], TESTS[3:6], TESTS[6:], ["assert 2.5 in f(1)"]),
    appended=TESTS[3],
    works="hangs",
    limits={"timeout_s": 0.2},
)
