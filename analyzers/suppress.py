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
from collections.abc import Iterator

from tree_sitter import Node

import grammars
from analyzers import trees
from analyzers.positions import LineTable, Unit

_WORDS = r"[A-Za-z0-9]"
_SHEBANG = re.compile(r"#![ \t]*/[\w./-]*(?:[ \t]+-{0,2}\w[\w./-]*)*")

_HELD = re.compile(rb"""(?s)"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?P<comment>//(?:\\.|[^\n])*|/\*.*?(?:\*/|\Z))""")


def neutralise(text: str, language: str) -> str:
    """The text with the words of its comments replaced.

    Raises:
        ToolMissing: the grammar of the language is not installed.
    """
    spoken = grammars.get(language)
    marks = [mark for mark in (spoken.line_comment, *(spoken.block_comment or ()), *spoken.comment_marks) if mark]
    if marks and not text.startswith("#!") and not any(mark in text for mark in marks):
        return text
    pieces, done = [], 0
    words = _words(spoken)
    table = LineTable(text)
    for start, end in _comments(text, language):
        span = table.offsets(Unit.BYTE, start, end)
        shebang = _SHEBANG.match(text) if span.start == 0 else None
        begin = shebang.end() if shebang else span.start
        pieces += [text[done:begin], words.sub(_blank, text[begin : span.end])]
        done = span.end
    return "".join([*pieces, text[done:]])


def _words(spoken: grammars.Language) -> re.Pattern[str]:
    """What is replaced; where the marks of comments are words themselves (`=begin`), they are matched as a whole."""
    marks = [re.escape(mark) for mark in spoken.block_comment or () if re.search(_WORDS, mark)]
    return re.compile("|".join([*(rf"(?m:^{mark}\b)" for mark in marks), _WORDS]))


def _blank(match: re.Match[str]) -> str:
    return "x" if len(match[0]) == 1 else match[0]


def _comments(text: str, language: str) -> Iterator[tuple[int, int]]:
    """Byte ranges of the comments, in order. Never recurses: the depth of a tree is the nesting of the program."""
    spoken = grammars.get(language)
    kinds, holders = frozenset(spoken.comment_nodes), frozenset(spoken.comment_holders)
    stack: list[Node] = [trees.root(text, language)]
    while stack:
        node = stack.pop()
        if node.type in kinds:
            yield node.start_byte, node.end_byte
        elif node.type in holders:
            found = (match.span("comment") for match in _HELD.finditer(node.text or b"") if match["comment"])
            yield from ((node.start_byte + start, node.start_byte + end) for start, end in found)
        else:
            stack.extend(reversed(node.children))
