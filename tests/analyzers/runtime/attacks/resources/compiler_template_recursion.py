"""Has the compiler make twice as many classes with each step, which takes it all time and memory."""

from hostile import on_compiler

PROGRAM = r"""
template <int N, long M> struct Down { static const long value = Down<N - 1, 2 * M>::value + Down<N - 1, 2 * M + 1>::value; };
template <long M> struct Down<0, M> { static const long value = M; };
int main() { return Down<26, 1>::value == 0; }
"""

ATTACK = on_compiler(PROGRAM, language="cpp", compiler="g++")
