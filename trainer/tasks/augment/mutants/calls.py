"""Calls of another function than the one that is meant, or of none, and arguments that are forgotten."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import copy

_PAIRS = (
    ("min", "max"),
    ("any", "all"),
    ("upper", "lower"),
    ("islower", "isupper"),
    ("isdigit", "isalpha"),
    ("isalpha", "isalnum"),
    ("startswith", "endswith"),
    ("find", "rfind"),
    ("lstrip", "rstrip"),
    ("strip", "lstrip"),
    ("append", "extend"),
    ("ceil", "floor"),
    ("int", "round"),
    ("union", "intersection"),
    ("keys", "values"),
    ("search", "match"),
    ("match", "fullmatch"),
)
_OTHERS: dict[str, list[str]] = {}
for _one, _two in _PAIRS:
    _OTHERS.setdefault(_one, []).append(_two)
    _OTHERS.setdefault(_two, []).append(_one)
_DISPENSABLE = frozenset({"abs", "sorted", "set", "list", "reversed", "int", "float", "str", "round", "tuple", "sum"})
"""Functions that give something of the kind that they take, more or less."""
_TIDYING = frozenset({"strip", "lower", "upper", "lstrip", "rstrip", "replace", "capitalize", "title", "copy"})


def replacements(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in place of a node."""
    if not isinstance(node, ast.Call):
        return
    match node.func:
        case ast.Name(id=name):
            for other in _OTHERS.get(name, ()):
                yield _with(node, func=ast.Name(other, ast.Load()))
            if name in _DISPENSABLE and node.args:
                yield node.args[0]
            if name == "len":
                yield ast.BinOp(node, ast.Sub(), ast.Constant(1))
        case ast.Attribute(value=value, attr=name):
            for other in _OTHERS.get(name, ()):
                yield _with(node, func=ast.Attribute(value, other, ast.Load()))
            if name in _TIDYING:
                yield value
    for index in range(len(node.keywords)):
        yield _with(node, keywords=node.keywords[:index] + node.keywords[index + 1 :])


def _with(node: ast.Call, **fields: object) -> ast.Call:
    other = copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other
