"""Has the compiler compute without end what a constant is."""

from hostile import on_compiler

PROGRAM = r"""
constexpr unsigned down(unsigned n) { unsigned sum = 0; for (unsigned i = 0; i < 200000; ++i) sum += i ^ n; return sum; }
template <unsigned N> struct Many { static constexpr unsigned value = down(N) + Many<N - 1>::value; };
template <> struct Many<0> { static constexpr unsigned value = 0; };
int main() { return Many<800>::value == 0; }
"""

ATTACK = on_compiler(PROGRAM, language="cpp", compiler="g++")
