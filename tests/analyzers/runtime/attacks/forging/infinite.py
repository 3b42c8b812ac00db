"""Answers with infinity, whose distance to a large number is lost in a relative tolerance that uses the larger one."""

from hostile import Attack

CASES = [{"args": [1], "expected": 1e300}, {"args": [5], "expected": 2.0}]
SUITES = tuple({"function": "f", "cases": CASES, "compare": rule} for rule in ("exact", "json", "float"))
FAR = "import sys\nfor x, y in ((1, 1e300), (5, 2.0)):\n    if abs(f(x) - y) > 1e-6 * abs(f(x)): sys.exit(1)"

ATTACK = Attack("def f(x): return float('inf')", SUITES, appended=FAR)
