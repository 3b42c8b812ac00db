"""Includes a file that has no end."""

from hostile import PRINTED, Attack

PROGRAM = r"""
#include "/dev/zero"
int main(void) { return 0; }
"""

ATTACK = Attack(
    PROGRAM,
    (PRINTED,),
    language="c",
    naive="compiled",
    works="hangs",
    needs="gcc",
    outcomes=("timeout", "syntax_error"),
)
