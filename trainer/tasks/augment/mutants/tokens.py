"""Operators for languages other than Python: one token for another, found by tree-sitter.

An operator is replaced only where it stands between two operands, so that the brackets of a generic type are left
alone. What does not compile is no mutant: whoever runs it finds out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tree_sitter import Node

from analyzers import trees
from analyzers.errors import AnalyzerError
from analyzers.positions import encode

_OPERATORS: dict[str, dict[str, tuple[str, ...]]] = {
    "arithmetic": {
        "+": ("-",), "-": ("+",), "*": ("+",), "/": ("*",), "%": ("*",),
        "+=": ("-=",), "-=": ("+=",), "*=": ("+=",), "/=": ("*=",),
        "<<": (">>",), ">>": ("<<",), "&": ("|",), "|": ("&",), "^": ("|",), "++": ("--",), "--": ("++",),
    },
    "relational": {
        "<": ("<=", ">"), "<=": ("<", "=="), ">": (">=", "<"), ">=": (">", "=="), "==": ("!=",), "!=": ("==",),
        "===": ("!==",), "!==": ("===",),
    },
    "logical": {"&&": ("||",), "||": ("&&",), "and": ("or",), "or": ("and",), "true": ("false",), "false": ("true",)},
    "loops": {"break": ("continue",), "continue": ("break",)},
}  # fmt: skip
_NUMBERS = frozenset("0123456789")


def mutants(program: str, language: str, families: Collection[str]) -> dict[str, list[str]]:
    """The program with one token replaced, by family; nothing where the language has no parser."""
    text = encode(program)
    try:
        root = trees.parser(language).parse(text).root_node
    except AnalyzerError:
        return {}
    found: dict[str, list[str]] = {name: [] for name in sorted(families) if name in _OPERATORS or name == "constants"}
    for leaf in _leaves(root):
        before, token, after = text[: leaf.start_byte], text[leaf.start_byte : leaf.end_byte], text[leaf.end_byte :]
        for family, other in _others(leaf, token.decode("utf-8", "replace")):
            if family in found:
                found[family].append((before + other.encode() + after).decode("utf-8", "surrogatepass"))
    return found


def _others(leaf: Node, token: str) -> Iterator[tuple[str, str]]:
    if token and set(token) <= _NUMBERS:
        yield from (("constants", str(int(token) + step)) for step in (1, -1) if int(token) + step >= 0)
    if not leaf.is_named and token[:1] in "<>&|" and not _between_operands(leaf):
        return
    for family, operators in _OPERATORS.items():
        yield from ((family, other) for other in operators.get(token, ()))


def _between_operands(leaf: Node) -> bool:
    parent = leaf.parent
    return parent is not None and parent.child_count == 3 and parent.children[1] == leaf


def _leaves(root: Node) -> Iterator[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.child_count and "string" not in node.type:
            stack.extend(reversed(node.children))
        elif "comment" not in node.type and "string" not in node.type:
            yield node
