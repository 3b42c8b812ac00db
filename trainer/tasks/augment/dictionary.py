"""Numbers and texts that a reference names: where it makes a difference, wrong programs are told from it (fuzzers call
that a dictionary)."""

from __future__ import annotations

import ast
from dataclasses import dataclass

LONGEST = 12
"""Characters of a text that may be a part of an input; longer ones are messages."""
LARGEST = 10**6


@dataclass(frozen=True, slots=True)
class Words:
    """What a program names."""

    numbers: tuple[int | float, ...] = ()
    texts: tuple[str, ...] = ()


def words(program: str) -> Words:
    """What a Python program names in the bodies of its functions; nothing of what is no Python."""
    try:
        module = ast.parse(program)
    except (SyntaxError, ValueError, RecursionError):
        return Words()
    described = {
        id(node.value)
        for node in ast.walk(module)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    values = [node.value for node in ast.walk(module) if isinstance(node, ast.Constant) and id(node) not in described]
    numbers = {
        value
        for value in values
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST
    }
    texts = {value for value in values if isinstance(value, str) and 0 < len(value) <= LONGEST}
    return Words(tuple(sorted(numbers)), tuple(sorted(texts)))
