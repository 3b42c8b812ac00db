"""Indices, slices and ranges that are off by one, or lose a bound."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import copy


def replacements(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in place of a node."""
    match node:
        case ast.Slice():
            for name in ("lower", "upper"):
                bound = getattr(node, name)
                if bound is not None:
                    yield from (_with(node, name, changed) for changed in (None, *_shifted(bound)))
            if node.step is not None:
                yield _with(node, "step", None)
        case ast.Subscript(slice=index) if not isinstance(index, ast.Slice | ast.Tuple):
            yield from (_with(node, "slice", changed) for changed in _shifted(index))
        case ast.Call(func=ast.Name(id="range"), args=arguments):
            for changed in _ranges(arguments):
                yield _with(node, "args", changed)


def _ranges(arguments: list[ast.expr]) -> Iterator[list[ast.expr]]:
    for at, bound in enumerate(arguments):
        for shifted in _shifted(bound):
            yield [*arguments[:at], shifted, *arguments[at + 1 :]]
    if len(arguments) > 1:
        yield [ast.Constant(0), *arguments[1:]]
    if len(arguments) == 3:
        yield arguments[:2]


def _shifted(bound: ast.expr) -> Iterator[ast.expr]:
    for operator in (ast.Add(), ast.Sub()):
        yield ast.BinOp(bound, operator, ast.Constant(1))


def _with(node: ast.expr, name: str, value: object) -> ast.expr:
    other = copy(node)
    setattr(other, name, value)
    return other
