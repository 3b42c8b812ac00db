"""Walks over the syntax tree of test code: what `ast` walks, without contexts and operators, at a third of its price.

Each suite is walked several times before it first runs, which for small programs takes longer than running them.
"""

from __future__ import annotations

import ast

_LEAVES = frozenset({ast.Name, ast.Constant})
_NOT_WALKED = frozenset({"ctx", "op", "ops"})
_FIELDS = {
    kind: () if kind in _LEAVES else tuple(name for name in kind._fields if name not in _NOT_WALKED)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below one, as they stand in the text of it."""
    found: list[ast.AST] = []
    for name in _FIELDS[type(node)]:
        value = getattr(node, name, None)
        if type(value) is list:
            found += [part for part in value if isinstance(part, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def parts(node: ast.AST) -> list[ast.AST]:
    """A node and all that are below it, level by level."""
    found = [node]
    for part in found:  # which grows meanwhile
        if type(part) not in _LEAVES:
            found += children(part)
    return found
