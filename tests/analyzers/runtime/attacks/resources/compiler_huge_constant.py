"""Has the compiler write down an array of billions of constants."""

from hostile import on_compiler

PROGRAM = r"""
static int many[] = {[0 ... 2000000000] = 1};
int main(void) { return many[7]; }
"""

ATTACK = on_compiler(PROGRAM, language="c", compiler="gcc")
