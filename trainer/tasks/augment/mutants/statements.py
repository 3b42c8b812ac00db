"""Statements that are left out, and values that are returned as they should not be."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def replacements(node: ast.AST) -> Iterator[ast.AST | None]:
    """What may stand in place of a node."""
    match node:
        case ast.Expr() | ast.AugAssign() | ast.Raise() | ast.Delete() | ast.Assert():
            yield None
        case ast.If(orelse=orelse):
            yield None
            if orelse:
                yield ast.If(node.test, node.body, [])
        case ast.Assign(targets=targets, value=value):
            if not isinstance(value, ast.Constant):
                yield ast.Assign(targets, ast.Constant(None), lineno=node.lineno)
            if not isinstance(targets[0], ast.Name):
                yield None
        case ast.Return(value=ast.expr() as value):
            yield ast.Return(ast.Constant(None))
            if isinstance(value, ast.Compare | ast.BoolOp):
                yield ast.Return(ast.UnaryOp(ast.Not(), value))
        case ast.Try(body=body):
            yield ast.If(ast.Constant(True), body, [])
