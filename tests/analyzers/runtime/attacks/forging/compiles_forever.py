"""Takes two to the power of its nesting to compile, because the compiler copies the code of `finally`: whoever compiles
programs in the harness itself, beyond the reach of alarms and limits, is busy with that alone."""

from hostile import ASSERTS, Attack

DEPTH = 18
PROGRAM = (
    "def f(x): return 7\n"
    + "".join(f"{' ' * n}try: pass\n{' ' * n}finally:\n" for n in range(DEPTH))
    + " " * DEPTH
    + "pass"
)

ATTACK = Attack(PROGRAM, (ASSERTS,), naive="alarmed", works="hangs")
