"""One comparison for another."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import copy

_OTHERS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE, ast.Eq),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE, ast.Eq),
    ast.Eq: (ast.NotEq, ast.GtE, ast.LtE),
    ast.NotEq: (ast.Eq, ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}


def replacements(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in place of a node."""
    if not isinstance(node, ast.Compare):
        return
    for index, operator in enumerate(node.ops):
        for kind in _OTHERS[type(operator)]:
            other = copy(node)
            other.ops = [*node.ops[:index], kind(), *node.ops[index + 1 :]]
            yield other
