"""One variable of a function for another, and operands in the wrong order."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import copy, deepcopy

_ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
"""Operators that ask for the order of their operands."""
MAX_OTHERS = 2
"""Variables that are tried in place of each use of one."""


def replacements(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in place of a node."""
    match node:
        case ast.BinOp(left=left, op=operator, right=right) if isinstance(operator, _ORDERED):
            yield ast.BinOp(right, operator, left)
        case ast.Call(args=[first, second, *rest]):
            swapped = copy(node)
            swapped.args = [second, first, *rest]
            yield swapped
        case ast.FunctionDef():
            yield from _other_variables(node)


def _other_variables(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """The function with one use of a variable changed to another that it has."""
    variables = sorted({argument.arg for argument in function.args.args} | set(_bound(function)))
    uses = [node for node in _inside(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    for place, use in enumerate(uses):
        if use.id not in variables:
            continue
        at = variables.index(use.id)
        for name in (variables[at + 1 :] + variables[:at])[:MAX_OTHERS]:
            changed = deepcopy(function)
            found = [node for node in _inside(changed) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
            found[place].id = name
            yield changed


def _bound(function: ast.FunctionDef) -> Iterator[str]:
    return (node.id for node in _inside(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))


def _inside(function: ast.FunctionDef) -> Iterator[ast.AST]:
    for statement in function.body:
        yield from ast.walk(statement)
