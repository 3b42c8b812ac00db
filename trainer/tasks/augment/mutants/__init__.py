"""Programs that differ from a reference in one place: what a test suite should tell from it (mutation testing).

A family of operators for Python is a module of this package with a function `replacements(node)`, which gives what may
stand in place of a node of the syntax tree; None deletes a statement. Other languages share the operators of `tokens`,
which replace one token each. A mutant may do the same as the reference: no test can tell then, and none has to.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import zip_longest

from trainer.tasks.augment.mutants import (
    arithmetic,
    bounds,
    calls,
    constants,
    logical,
    loops,
    names,
    relational,
    statements,
    tokens,
)

Replacements = Callable[[ast.AST], Iterator[ast.AST | None]]

FAMILIES: dict[str, Replacements] = {
    "arithmetic": arithmetic.replacements,
    "bounds": bounds.replacements,
    "calls": calls.replacements,
    "constants": constants.replacements,
    "logical": logical.replacements,
    "loops": loops.replacements,
    "names": names.replacements,
    "relational": relational.replacements,
    "statements": statements.replacements,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A program, and the family of the operator that made it."""

    program: str
    family: str


def mutants(
    program: str, language: str, *, count: int, seed: int = 0, families: Collection[str] = tuple(FAMILIES)
) -> list[Mutant]:
    """At most `count` different mutants of a program, the families in turn, by chance within each.

    None of a program that its language's parser does not take, or of a language without a parser.
    """
    chance = random.Random(f"mutants {seed}")
    groups = _python(program, families) if language == "python" else tokens.mutants(program, language, families)
    for texts in groups.values():
        chance.shuffle(texts)
    turns = zip_longest(*([(text, name) for text in texts] for name, texts in groups.items()))
    found: dict[str, str] = {}
    for text, family in (each for turn in turns for each in turn if each is not None):
        if text != program and len(found) < count:
            found.setdefault(text, family)
    return [Mutant(text, family) for text, family in found.items()]


def _python(program: str, families: Collection[str]) -> dict[str, list[str]]:
    try:
        module = ast.parse(program)
        same = ast.unparse(module)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    return {
        name: [text for text in _texts(module, FAMILIES[name]) if text != same]
        for name in sorted(families)
        if name in FAMILIES
    }


def _texts(module: ast.Module, replacements: Replacements) -> Iterator[str]:
    """The module with one node replaced, for each replacement."""
    for parent, field, index in _places(module):
        holder = getattr(parent, field)
        node = holder if index is None else holder[index]
        for other in replacements(node):
            new: ast.AST = ast.Pass() if other is None else other
            if index is None:
                setattr(parent, field, new)
            else:
                holder[index] = new
            yield ast.unparse(ast.fix_missing_locations(module))
        if index is None:
            setattr(parent, field, node)
        else:
            holder[index] = node


def _places(module: ast.Module) -> list[tuple[ast.AST, str, int | None]]:
    """Where nodes that are executed stand; no doc strings, decorators, types or imports."""
    found: list[tuple[ast.AST, str, int | None]] = []
    nodes: list[ast.AST] = [module]
    for node in nodes:  # which grows meanwhile
        for field, value in ast.iter_fields(node):
            if field in ("decorator_list", "annotation", "returns", "type_params", "ctx"):
                continue
            for index, part in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(part, ast.AST) and not _fixed(part):
                    found.append((node, field, index))
                    nodes.append(part)
    return found


def _fixed(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Import | ast.ImportFrom | ast.operator | ast.cmpop | ast.boolop | ast.unaryop)
