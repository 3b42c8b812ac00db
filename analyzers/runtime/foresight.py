"""Which calls test code will make, known before it runs: they are sent to the program together.

A message costs its way to another process and back, which for small functions is more than the call itself. Test code
still asks for every answer when it gets there, and a program gets the calls in the very order in which they are made;
what cannot be foreseen (loops, arguments that are computed) is asked for one by one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from analyzers.runtime import wire
from analyzers.runtime.walk import parts

_PLAIN = (ast.Assert, ast.Expr, ast.Assign)
_PERHAPS = (ast.BoolOp, ast.IfExp, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Await)
"""Parts of these run once, never, or many times."""

Plan = tuple[tuple[bytes, ...], ...]
"""Requests as frames, in stretches: within one, nothing else is asked of the program."""


def request(operation: str, target: int | str, arguments: list[Any], keywords: list[Any]) -> bytes:
    """The frame of a request."""
    return wire.pack([operation, target, arguments, keywords])


def plan(statements: Iterable[ast.stmt], targets: Mapping[str, str]) -> Plan:
    """The calls of straight-line code; `targets` are names of the program's and what they stand for."""
    stretches: list[list[bytes]] = [[]]
    for statement in statements:
        names = [node for node in parts(statement) if isinstance(node, ast.Name) and node.id in targets]
        if not names:
            continue
        frame = _only_call(statement, targets) if len(names) == 1 else None
        if frame is None:
            stretches.append([])
        else:
            stretches[-1].append(frame)
    return tuple(tuple(stretch) for stretch in stretches if len(stretch) > 1)


def _only_call(statement: ast.stmt, targets: Mapping[str, str]) -> bytes | None:
    """The call in a statement that has one name of the program, where it is certain to happen with known arguments."""
    if not isinstance(statement, _PLAIN) or any(isinstance(node, _PERHAPS) for node in parts(statement)):
        return None
    for node in parts(statement):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in targets:
            try:
                arguments = [wire.encode(ast.literal_eval(argument)) for argument in node.args]
                keywords = [[word.arg, wire.encode(ast.literal_eval(word.value))] for word in node.keywords]
                return request("call", targets[node.func.id], arguments, keywords)
            except (ValueError, TypeError, MemoryError, RecursionError, wire.NotPlain):
                return None
    return None
