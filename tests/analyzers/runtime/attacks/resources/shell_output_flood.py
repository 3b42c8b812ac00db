"""Prints from a shell more than anybody wants to keep. (Here: sixty megabytes.)"""

from hostile import PRINTED, Attack

PROGRAM = r"""
head -c 60000000 /dev/zero | tr '\0' x
"""

ATTACK = Attack(PROGRAM, (PRINTED,), language="bash", naive="compiled", outcomes=("error", "failure"))
