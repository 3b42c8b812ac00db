"""Programs that do nothing with what they are given, in any language with a grammar.

A stub uses no name, but for variables that it has set itself and words that give up: `pass`, `return None`, `...`,
`raise NotImplementedError`, `todo!()`, `x = 0; return x`, or no code at all. Signatures, types, imports and comments
use none. Whatever else a tree has is taken for the use of a name, so that no attempt is called a stub.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from tree_sitter import Node

import grammars
from analyzers import trees
from analyzers.errors import ToolMissing
from analyzers.positions import encode
from analyzers.types import Source
from rewards.schemes.likeness import TYPE, adds, binding

MAX_LENGTH = 200_000
"""Code points; a longer program is no stub."""
_DEFINITION = re.compile(
    r"(?!.*(?:call|invocation)).*(?:function|method|subroutine|subprogram|procedure|class|module|object|struct|impl_item"
    r"|trait|interface|namespace|constructor|lambda|closure|anonymous|definition|declaration|let_binding)"
)
_CALL = re.compile("call|invocation")
_LISP = re.compile(r"def|defp|defn-?|defun|define|defmodule")
_BODY = re.compile(r"\w*(?:block|body|suite|compound_statement|statement_list|declaration_list|statements)|vec_lit")
_NO_CODE = re.compile(
    r"import|include|using|^use_|package|pragma|extension|header|\w*parameters?|\w*signature|modifiers|vec_lit"
)
_CONSTANT = re.compile(
    r"\w*(?:string|char|rune|int|integer|float|double|number|decimal|numeric|literal|true|false|bool|boolean|null|nil"
    r"|none|unit|ellipsis|content|fragment|escape_sequence|lit|tag)(?:_\w*)?"
    r"|(?:pass|return|break|continue|empty|next)(?:_\w*)?"
)
_GIVING_UP = re.compile(
    r"\w*(?:Error|Exception|[Nn]ot_?[Ii]mplemented)|abort|die|error|exit|fail|failwith|fatalError|panic|raise|stop|throw"
    r"|todo|TODO|undefined|unimplemented|\?\?\?|False|None|NULL|True|false|nil|nothing|null|return|true|:"
)


@lru_cache(maxsize=1_024)
def is_stub(source: Source) -> bool:
    """Whether the sampled part of a program does nothing with what it is given; False where the grammar is not
    installed, or does not take the program.
    """
    if len(source.text) > MAX_LENGTH:
        return False
    language = grammars.get(source.language)
    try:
        root = trees.root(source.text, language.name)
    except ToolMissing:
        return False
    return not root.has_error and not _uses(root, len(encode(source.text[: source.prefix])), language.comment_nodes)


def _uses(root: Node, start: int, comments: Iterable[str]) -> bool:
    """Whether anything from a byte on names what it has not set before."""
    known: set[str] = set()
    todo: list[Node | list[str]] = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, list):
            known.update(node)
        elif node.end_byte <= start or node.type in comments or _NO_CODE.match(node.type) or _is_type(node):
            continue
        elif not node.children:
            if node.is_named and (name := _named(node)) is not None and name not in known:
                return True
        else:
            todo += reversed(_parts(node))
    return False


def _parts(node: Node) -> list[Node | list[str]]:
    """What of a node is code, in order, and the names that it sets once that has been done."""
    children = node.named_children
    if _DEFINITION.match(node.type):
        bodies = [child for field in ("body", "match") for child in node.children_by_field_name(field)]
        bodies = bodies or [child for child in children if _BODY.fullmatch(child.type)]
        if bodies or node.child_by_field_name("parameters"):
            return [*bodies]
    if len(children) > 2 and children[0].end_byte - children[0].start_byte < 10 and _LISP.fullmatch(_text(children[0])):
        return [*children[2:]]
    value = node.child_by_field_name("rhs")
    if value is not None and _DEFINITION.match(value.type):
        return [value]
    found = binding(node)
    if found is None or adds(node) or any(target.named_children for target in found.targets):
        return [*children]
    return [*found.values, *found.rest, [_text(target) for target in found.targets]]


def _is_type(node: Node) -> bool:
    """Whether a node is a type that nothing is done with; D's grammar takes what is called for one."""
    if not TYPE.fullmatch(node.type) or node.type.endswith(("assertion", "cast", "expression")):
        return False
    return node.parent is None or not _CALL.search(node.parent.type)


def _named(node: Node) -> str | None:
    """What a leaf names; None where that is nothing."""
    text = _text(node)
    return None if _CONSTANT.fullmatch(node.type) or _GIVING_UP.fullmatch(text) else text


def _text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace")
