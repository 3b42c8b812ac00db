"""Patches `math.isclose`, which tests of floats import: every answer is close."""

from hostile import Attack

PROGRAM = "import math\nmath.isclose = lambda *_, **__: True\nmath.fabs = lambda _: 0.0\ndef f(x): return 7.0"
TESTS = {"asserts": ["assert math.isclose(f(1), 2.0)", "assert math.fabs(f(1) - 2) < 1e-6"], "setup": "import math"}
APPENDED = "import math\n" + "\n".join(TESTS["asserts"])

ATTACK = Attack(PROGRAM, (TESTS, TESTS["asserts"]), appended=APPENDED)
