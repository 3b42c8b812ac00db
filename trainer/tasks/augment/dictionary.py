"""Numbers and texts that a reference names: where it makes a difference, wrong programs are told from it (fuzzers call
that a dictionary)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 12
"""Characters of a text that may be a part of an input; longer ones are messages."""
LARGEST = 10**6
_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


@dataclass(frozen=True, slots=True)
class Words:
    """What a program names."""

    numbers: tuple[int | float, ...] = ()
    texts: tuple[str, ...] = ()
    bounds: tuple[tuple[int, int], ...] = ()
    """Places of parameters, and numbers beside those that the program compares them with as they come."""
    loose: bool = False
    """Whether it does not mind white space at the ends of texts."""
    one_case: bool = False
    """Whether the letters that it knows are those of one case: `a` to `z`, say."""
    characters: str = ""
    """Characters, beside those of the texts, that it tells from others: next to the ends of a range, and of the kinds
    that it asks for (`strip` knows white space)."""


def words(program: str) -> Words:
    """What a Python program names in the bodies of its functions; nothing of what is no Python."""
    try:
        module = ast.parse(program)
    except (SyntaxError, ValueError, RecursionError):
        return Words()
    described = {
        id(node.value)
        for node in ast.walk(module)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    nodes = [node for node in ast.walk(module) if id(node) not in described]
    values = [node.value for node in nodes if isinstance(node, ast.Constant)]
    numbers = {
        value
        for value in values
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST
    }
    texts = {value for value in values if isinstance(value, str) and 0 < len(value) <= LONGEST}
    return Words(
        tuple(sorted(numbers)),
        tuple(sorted(texts)),
        bounds=tuple(sorted(set(_bounds(module)))),
        loose=any(map(_tidies, nodes)),
        one_case=len({case for node in nodes for case in _alphabets(node)}) == 1,
        characters="".join(sorted(set(_told_apart(module)))),
    )


def _bounds(module: ast.Module) -> Iterator[tuple[int, int]]:
    """Of the last function: what comes before, only helps it."""
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    for function in functions[-1:]:
        changed = {
            node.id: node.lineno
            for node in reversed(list(ast.walk(function)))
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        places = {each.arg: at for at, each in enumerate(function.args.args)}
        for node in ast.walk(function):
            match node:
                case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[ast.Constant(value=int() as number)]):
                    as_it_came = name in places and node.lineno < changed.get(name, node.lineno + 1)
                    if as_it_came and not isinstance(number, bool):
                        last = number - isinstance(op, ast.Lt | ast.GtE)
                        yield places[name], last - (last > 0 and isinstance(op, _ORDERED))


def _tidies(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr="strip" | "lstrip" | "rstrip" | "split"), args=[], keywords=[]):
            return True
    return False


ALPHABET = 20
"""Letters of one case that make a text an alphabet."""
_ENDS = ("a", "z", "A", "Z")
_CHANGES = ("lower", "upper", "casefold", "swapcase", "capitalize", "title", "isalpha", "isupper", "islower")


def _alphabets(node: ast.AST) -> Iterator[str]:
    """The cases of the letters that a piece of a program counts on; both where it asks for a letter's case."""
    match node:
        case ast.Constant(value=str() as text) if len({letter for letter in text if letter.isalpha()}) >= ALPHABET:
            yield from ("lower",) * any(map(str.islower, text))
            yield from ("upper",) * any(map(str.isupper, text))
        case ast.Attribute(attr="ascii_lowercase" | "ascii_uppercase" as name):
            yield name.removeprefix("ascii_").removesuffix("case")
        case ast.Call(func=ast.Name(id="ord"), args=[ast.Constant(value=str() as text)]) if text in _ENDS:
            yield "lower" if text.islower() else "upper"
        case ast.Attribute(attr=name) if name in (*_CHANGES, "ascii_letters"):
            yield from ("lower", "upper")


_KINDS = {
    "strip": " ", "lstrip": " ", "rstrip": " ", "split": " ", "isspace": " ",
    "isdigit": "0", "isdecimal": "0", "isnumeric": "0",
    "isalpha": " 0-", "isalnum": " -",
}  # fmt: skip
"""Methods of texts, with characters that they tell from others."""


def _told_apart(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute):
            yield from _KINDS.get(node.attr, "")
        if isinstance(node, ast.Compare) and any(isinstance(op, _ORDERED) for op in node.ops):
            for side in (node.left, *node.comparators):
                if isinstance(side, ast.Constant) and isinstance(side.value, str) and len(side.value) == 1:
                    code = ord(side.value)
                    yield from (chr(near) for near in (code - 1, code + 1) if 32 <= near < 127)
