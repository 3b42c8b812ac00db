"""Has the compiler write down an array of billions of constants."""

from hostile import PRINTED, Attack

PROGRAM = r"""
static int many[] = {[0 ... 2000000000] = 1};
int main(void) { return many[7]; }
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
