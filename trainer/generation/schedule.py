"""How old samples are when they are learned from."""

from __future__ import annotations


def age(*, refresh: int, every: int, ahead: bool) -> int:
    """Optimiser steps by which the weights of the last round may trail those that learn from it.

    Rounds come every `refresh` steps, the generator's weights are replaced at a round once they are `every` steps old,
    and with `ahead` a round is begun when the one before has come.
    """
    trailing = (every - 1) // refresh * refresh
    return refresh - 1 + trailing + (refresh if ahead else 0)
