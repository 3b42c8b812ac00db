"""Constants that are a little off."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any


def replacements(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in place of a node."""
    if isinstance(node, ast.Constant):
        for value in _near(node.value):
            yield ast.Constant(value)


def _near(value: Any) -> Iterator[Any]:
    match value:
        case bool():
            yield not value
        case int():
            yield from (value + 1, value - 1)
            if value not in (-1, 0, 1):
                yield 0
        case float():
            yield from (value + 1.0, value / 2)
        case str():
            yield from ("", value + "X", value.swapcase()) if value else ("X",)
        case None:
            yield 0
