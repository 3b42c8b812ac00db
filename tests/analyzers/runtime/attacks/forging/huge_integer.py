"""Answers with a number of millions of digits: to print it, to raise it to a power or to count up to it
keeps the judge busy for good."""

from hostile import Attack

PROGRAM = "def f(x): return 1 << 20_000_000\ndef g(x): return x * 10 ** 9"
TESTS = ["assert f(1) == 2", "assert str(f(1)) == '2'", "assert [f(1)] == [2]", "assert 3 ** g(1) % 7 == 9"]
SUM = ["assert sum(range(g(1))) == 2"]

ATTACK = Attack(
    PROGRAM,
    (TESTS, SUM),
    naive="alarmed",
    appended=SUM[0],
    works="hangs",
    replaces_judge=True,
    limits={"timeout_s": 0.1},
)
