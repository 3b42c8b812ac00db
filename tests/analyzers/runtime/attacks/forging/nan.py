"""Answers "not a number", which is neither less nor greater than what was expected, nor far from it."""

from hostile import Attack

CASES = [{"args": [1], "expected": 2.0}, {"args": [5], "expected": 6.0}]
SUITES = tuple({"function": "f", "cases": CASES, "compare": rule} for rule in ("exact", "json", "float"))
FAR = "import sys\nfor x, y in ((1, 2.0), (5, 6.0)):\n    if abs(f(x) - y) > 1e-6: sys.exit(1)"

ATTACK = Attack("def f(x): return float('nan')", (*SUITES, ["assert f(1) == f(1)", "assert f(1) == 2"]), appended=FAR)
