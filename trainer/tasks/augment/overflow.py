"""Programs that end where a number overflows: what they would answer then is no answer that others have to give."""

from __future__ import annotations

from collections.abc import Mapping

from tree_sitter import Node

from analyzers import trees
from analyzers.errors import AnalyzerError
from analyzers.positions import encode
from trainer.tasks.augment.declarations import text_of


def checked(language: str, program: str, names: Mapping[str, str], *, assigned: bool = True) -> str:
    """A program that calls the functions of these names in place of operators, where these assign something, too."""
    whole = encode(program)
    try:
        return _text(trees.parser(language).parse(whole).root_node, whole, names, assigned)
    except (AnalyzerError, RecursionError):
        return program


def _text(node: Node, whole: bytes, names: Mapping[str, str], assigned: bool) -> str:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is not None and right is not None and node.child_count == 3:
        operator = text_of(node.child_by_field_name("operator"))
        sides = f"({_text(left, whole, names, assigned)}, {_text(right, whole, names, assigned)})"
        if node.type == "binary_expression" and operator in names:
            return names[operator] + sides
        # What stands in more than one place would be looked at twice, and may be another thing then.
        if assigned and operator[-1:] == "=" and operator[:-1] in names and text_of(left).isidentifier():
            return f"{text_of(left)} = {names[operator[:-1]]}{sides}"
    parts, at = [], node.start_byte if node.parent is not None else 0
    for child in node.children:
        parts += [whole[at : child.start_byte].decode(), _text(child, whole, names, assigned)]
        at = child.end_byte
    end = node.end_byte if node.parent is not None else len(whole)
    return "".join([*parts, whole[at:end].decode()])
