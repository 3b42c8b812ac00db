"""What a program consists of, by its syntax tree, in any language with a grammar."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import grammars
from analyzers import suppress, trees
from analyzers.errors import ToolMissing
from analyzers.positions import LineTable, Unit
from analyzers.types import Source, Span

SHINGLE = 3
"""Tokens in a shingle."""
NEAR = 0.8
"""Jaccard index from which two programs are near-duplicates."""
TABLE = Path(__file__).with_name("suppressions.toml")

_TOKEN = re.compile(r"(\.\s*)?([^\W\d]\w*)(\s*\()?|(\d[\w.]*|[^\w\s])")
_CONSTANTS = frozenset({"True", "true", "False", "false", "None", "null", "NULL", "nullptr", "nil", "undefined"})
_VARIABLE = "_"


@dataclass(frozen=True, slots=True)
class Anatomy:
    """What a program consists of."""

    nodes: int
    """Nodes of the syntax tree of the whole program, those of tokens and of what was given included."""
    comments: float
    """Share of the sampled code points that lie in comments; docstrings, which are strings, do not count."""
    suppressions: int
    """Places in the sampled part that tell a tool to say nothing, by `suppressions.toml`. Comments are told by the
    syntax tree; code by its words alone, so that a string which holds such words counts."""
    shingles: frozenset[tuple[str, ...]]
    """Every run of `SHINGLE` tokens of the sampled part, or all of its tokens where they are fewer. Comments and blanks
    are left out; names are one token `_`, except for those that are called or stand behind a dot, and keywords."""


def anatomy(source: Source) -> Anatomy | None:
    """What a program consists of; None where the grammar of its language is not installed.

    Raises:
        grammars.UnknownLanguage: no language of that name is known.
    """
    language = grammars.get(source.language).name
    try:
        tree = trees.root(source.text, language)
        comments = _sampled(source, suppress.comments(tree, language))
    except ToolMissing:
        return None
    own = source.text[source.sampled.start : source.sampled.end]
    said = [own[span.start : span.end] for span in comments]
    code = _without(own, comments)
    return Anatomy(
        nodes=tree.descendant_count,
        comments=sum(map(len, comments)) / len(own) if own else 0.0,
        suppressions=sum(_count(_in_comments(), text) for text in said) + _count(_in_code(language), code),
        shingles=_shingles(_tokens(code, language)),
    )


def near_duplicates(group: Sequence[Anatomy]) -> int:
    """The number of programs that are near-duplicates of another one in the group: the Jaccard index of their shingles,
    |A and B| / |A or B|, is at least `NEAR`. Two programs without any token are duplicates."""
    sets = [program.shingles for program in group]
    near: set[int] = set()
    for first, one in enumerate(sets):
        for second in range(first + 1, len(sets)):
            if not (first in near and second in near) and _alike(one, sets[second]):
                near |= {first, second}
    return len(near)


def _alike(one: frozenset[Any], other: frozenset[Any]) -> bool:
    # The index is at most the ratio of the sizes, which is known at once.
    if min(len(one), len(other)) < NEAR * max(len(one), len(other)):
        return False
    common = len(one & other)
    return common >= NEAR * (len(one) + len(other) - common)


def _sampled(source: Source, ranges: Sequence[tuple[int, int]]) -> list[Span]:
    """Byte ranges of the program as code points of the sampled part, cut to it."""
    if not ranges:
        return []
    table = LineTable(source.text)
    spans = [table.offsets(Unit.BYTE, start, end) for start, end in ranges]
    start, end = source.sampled.start, source.sampled.end
    own = [span for span in spans if span.start < end and span.end > start]
    return [Span(max(span.start, start) - start, min(span.end, end) - start) for span in own]


def _without(text: str, spans: Sequence[Span]) -> str:
    pieces, done = [], 0
    for span in spans:
        pieces.append(text[done : span.start])
        done = span.end
    return " ".join([*pieces, text[done:]])


def _tokens(code: str, language: str) -> list[str]:
    kept = _keywords(language)
    return [
        other or (word if called or dot or word in kept else _VARIABLE)
        for dot, word, called, other in _TOKEN.findall(code)
    ]


def _shingles(tokens: Sequence[str]) -> frozenset[tuple[str, ...]]:
    if len(tokens) < SHINGLE:
        return frozenset([tuple(tokens)] if tokens else [])
    return frozenset(zip(*(tokens[start:] for start in range(SHINGLE)), strict=False))


@cache
def _keywords(language: str) -> frozenset[str]:
    """The words that the grammar spells out, and the usual constants."""
    grammar = trees.grammar(language)
    kinds = range(grammar.node_kind_count)
    spelled = (kind for kind in kinds if grammar.node_kind_is_visible(kind) and not grammar.node_kind_is_named(kind))
    return _CONSTANTS.union(
        word for kind in spelled if (word := grammar.node_kind_for_id(kind)) and word.isidentifier()
    )


def _count(pattern: re.Pattern[str] | None, text: str) -> int:
    return sum(1 for _ in pattern.finditer(text)) if pattern else 0


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


@cache
def _in_comments() -> re.Pattern[str]:
    return _any(_table()["comments"])


@cache
def _in_code(language: str) -> re.Pattern[str] | None:
    patterns = _table()["code"].get(language)
    return _any(patterns) if patterns else None


def _any(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)
