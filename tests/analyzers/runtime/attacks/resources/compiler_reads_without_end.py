"""Includes a file that has no end."""

from hostile import on_compiler

PROGRAM = r"""
#include "/dev/zero"
int main(void) { return 0; }
"""

ATTACK = on_compiler(PROGRAM, language="c", compiler="gcc")
