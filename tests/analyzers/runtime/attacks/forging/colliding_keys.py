"""Answers with numbers that all have the same hash: a set of them takes time with the square of their count."""

from hostile import Attack

PROGRAM = """
P = (1 << 61) - 1
def f(x): return [P * n for n in range(100_000)]
def g(x): return {P * n: n for n in range(2_000)}
"""

ATTACK = Attack(
    PROGRAM,
    (["assert set(f(1)) == {2}"], ["assert g(1) == {2: 2}"]),
    works="hangs",
    replaces_judge=True,
    limits={"timeout_s": 0.1},
)
