"""Loops that end early, begin late, or run once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import copy


def replacements(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in place of a node."""
    match node:
        case ast.For(body=body):
            yield _changed(node, body=[*body, ast.Break()])
            yield from (_changed(node, iter=part) for part in _parts(node.iter))
        case ast.While(body=body):
            yield _changed(node, body=[*body, ast.Break()])
        case ast.comprehension():
            yield from (_changed(node, iter=part) for part in _parts(node.iter))
        case ast.Break():
            yield ast.Continue()
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
            yield ast.Pass()


def _parts(values: ast.expr) -> Iterator[ast.expr]:
    """What is gone through without its first and without its last element, or backwards."""
    whole = ast.Call(ast.Name("list", ast.Load()), [values], [])
    for lower, upper, step in ((1, None, None), (None, -1, None), (None, None, -1)):
        bounds = [None if bound is None else ast.Constant(bound) for bound in (lower, upper, step)]
        yield ast.Subscript(whole, ast.Slice(*bounds), ast.Load())


def _changed(node: ast.AST, **fields: object) -> ast.AST:
    other = copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other
