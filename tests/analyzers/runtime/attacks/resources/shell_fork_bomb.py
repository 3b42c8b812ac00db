"""Doubles itself in a shell. (Here: seven times.)"""

from hostile import PRINTED, Attack

PROGRAM = r"""
double() {
  if [ "$1" -gt 0 ]; then
    double $(($1 - 1)) &
    double $(($1 - 1)) &
  fi
  sleep 2
}
double 7
echo 3
"""

ATTACK = Attack(PROGRAM, (PRINTED,), language="bash", naive="compiled", works="hangs", outcomes=("timeout", "error"))
