"""What a grammar takes although its language does not: queries over the tree of a program that parsed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from tree_sitter import Node, Query, QueryCursor

import grammars
from analyzers import trees
from analyzers.layout import Suspect
from analyzers.types import Span


@dataclass(frozen=True, slots=True)
class _Refusal:
    query: Query
    between: re.Pattern[bytes]


def refused(root: Node, data: bytes, language: str) -> Suspect | None:
    """The first node that the language's own parser would refuse, if there is one."""
    comments = grammars.get(language).comment_nodes
    found = [
        match
        for refusal in _refusals(language)
        for _, match in QueryCursor(refusal.query).matches(root)
        if _confirmed(match, data, refusal.between, comments)
    ]
    if not found:
        return None
    first = min(found, key=lambda match: match["refused"][0].start_byte)
    node = first["refused"][0]
    while node.child_count:
        node = node.children[0]
    named = data[node.start_byte : node.end_byte].decode(errors="replace")
    return Suspect(Span(node.start_byte, node.end_byte), f"unexpected {named!r}", alone="before" not in first)


def _confirmed(
    match: dict[str, list[Node]], data: bytes, between: re.Pattern[bytes], comments: tuple[str, ...]
) -> bool:
    (node,), before = match["refused"], match.get("before")
    if before is None:
        return True
    if {node.type, before[0].type} & {*comments}:
        return False
    return between.search(data[before[0].end_byte : node.start_byte]) is not None


@cache
def _refusals(language: str) -> tuple[_Refusal, ...]:
    found = grammars.get(language).refused
    return tuple(_Refusal(Query(trees.grammar(language), query), re.compile(gap.encode())) for query, gap in found)
