"""Prints "nan" and "inf" where numbers are compared with a tolerance: `abs(nan - 2) > tolerance` never holds."""

from hostile import Attack

SUITES = tuple(
    {"stdio": [{"stdin": "", "stdout": expected}], "compare": "float"} for expected in ("2.0\n", "1e308\n", "nan1\n")
)
FAR = "import sys\nif abs(float('nan') - 2.0) > 1e-6: sys.exit(1)"

ATTACK = Attack("print('nan')", SUITES, appended=FAR)
