"""Suppression is not innocence: comments lose their words before a program is analysed.

`# pylint: disable=all`, `# noqa`, `# type: ignore`, `//nolint` and their like are comments. In every comment the
ASCII letters and digits become `x`: same length in code points and in bytes, so that positions stay true. A coding
cookie, which could make a tool read another program than the one that runs, is blanked with them. Of a `#!` line the
command stays, because some tools choose the dialect by it.

Does not touch what is no comment: decorators (`@no_type_check`), annotations and attributes of the language, or
`exec("...")`. Analyzers report those by rule where they can.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from tree_sitter import Node, Query, QueryCursor

import grammars
from analyzers import trees
from analyzers.positions import LineTable, Unit, encode

_WORDS = r"[A-Za-z0-9]"
_NO_BREAK = re.compile(r"[^\r\n]+")
_SHEBANG = re.compile(r"#![ \t]*/[\w./-]*(?:[ \t]+-{0,2}\w[\w./-]*)*")

_HELD = re.compile(rb"""(?s)"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?P<comment>//(?:\\.|[^\n])*|/\*.*?(?:\*/|\Z))""")


def neutralise(text: str, language: str) -> str:
    """The text with the words of its comments replaced.

    Raises:
        ToolMissing: the grammar of the language is not installed.
    """
    return _changed(text, language, lambda comment: _words(language).sub(_blank, comment))


def without_comments(text: str, language: str) -> str:
    """The text with spaces for its comments, as many as they have bytes, and their line breaks.

    Offsets in bytes stay true, columns in code points do not. For tools that compare parts of a program with each
    other: a comment in one of two branches must not make them differ.

    Raises:
        ToolMissing: the grammar of the language is not installed.
    """
    return _changed(text, language, lambda comment: _NO_BREAK.sub(lambda found: " " * len(encode(found[0])), comment))


def _changed(text: str, language: str, change: Callable[[str], str]) -> str:
    spoken = grammars.get(language)
    marks = [mark for mark in (spoken.line_comment, *(spoken.block_comment or ()), *spoken.comment_marks) if mark]
    if marks and not text.startswith("#!") and not any(mark in text for mark in marks):
        return text
    pieces, done = [], 0
    table = LineTable(text)
    for start, end in comments(trees.root(text, language), language):
        span = table.offsets(Unit.BYTE, start, end)
        shebang = _SHEBANG.match(text) if span.start == 0 else None
        begin = shebang.end() if shebang else span.start
        pieces += [text[done:begin], change(text[begin : span.end])]
        done = span.end
    return "".join([*pieces, text[done:]])


@cache
def _words(language: str) -> re.Pattern[str]:
    """What is replaced; where the marks of comments are words themselves (`=begin`), they are matched as a whole."""
    marks = [re.escape(mark) for mark in grammars.get(language).block_comment or () if re.search(_WORDS, mark)]
    return re.compile("|".join([*(rf"(?m:^{mark}\b)" for mark in marks), _WORDS]))


def _blank(match: re.Match[str]) -> str:
    return "x" if len(match[0]) == 1 else match[0]


def comments(tree: Node, language: str) -> list[tuple[int, int]]:
    """Byte ranges of the comments in a tree of `analyzers.trees`, in order; one inside of another is part of that.

    Raises:
        ToolMissing: the grammar of the language is not installed.
    """
    captured = QueryCursor(_kinds(language)).captures(tree)
    nodes = [(node.start_byte, -node.end_byte, name, node) for name, found in captured.items() for node in found]
    ranges, done = [], -1
    for start, end, name, node in sorted(nodes, key=lambda entry: entry[:2]):
        if start < done:
            continue
        done = -end
        if name == "comment":
            ranges.append((start, done))
        else:
            held = (match.span("comment") for match in _HELD.finditer(node.text or b"") if match["comment"])
            ranges += [(start + first, start + last) for first, last in held]
    return ranges


@cache
def _kinds(language: str) -> Query:
    spoken = grammars.get(language)
    kinds = [
        *((kind, "comment") for kind in spoken.comment_nodes),
        *((kind, "holder") for kind in spoken.comment_holders),
    ]
    return Query(trees.grammar(language), " ".join(f"({kind}) @{name}" for kind, name in kinds))
