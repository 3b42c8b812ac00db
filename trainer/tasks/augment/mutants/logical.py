"""Conditions that are turned round, widened, narrowed or left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import copy


def replacements(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in place of a node."""
    match node:
        case ast.BoolOp(op=operator, values=values):
            other = copy(node)
            other.op = ast.Or() if isinstance(operator, ast.And) else ast.And()
            yield other
            for index in range(len(values)):
                rest = values[:index] + values[index + 1 :]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(operator, rest)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.If() | ast.IfExp() | ast.While():
            for test in _tests(node):
                changed = copy(node)
                changed.test = test
                yield changed
        case ast.comprehension(ifs=[_, *_]):
            unfiltered = copy(node)
            unfiltered.ifs = []
            yield unfiltered


def _tests(node: ast.If | ast.IfExp | ast.While) -> Iterator[ast.expr]:
    yield ast.UnaryOp(ast.Not(), node.test)
    yield ast.Constant(False)
    if not isinstance(node, ast.While):
        yield ast.Constant(True)
