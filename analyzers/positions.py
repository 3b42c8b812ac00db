"""The only line, column, byte and UTF-16 arithmetic of the project.

Every tool counts in its own way; each analyzer declares how, as a `Convention`, and a `LineTable` turns what the tool
says into half-open code-point spans. Lines end where compilers end them, at `\\n`, `\\r\\n` and a lone `\\r`: never at a
form feed or U+2028, where `str.splitlines` breaks too. Tools lie about positions now and then, so nothing here raises
for a number that is out of range; it is moved to the nearest place that exists.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate

from analyzers.types import Span

_LINE_END = re.compile(r"\r\n|\r|\n")


class Unit(Enum):
    """What a column counts."""

    CODEPOINT = "code point"
    BYTE = "UTF-8 byte"
    UTF16 = "UTF-16 code unit"


@dataclass(frozen=True, slots=True)
class Convention:
    """How a tool counts lines and columns."""

    line_base: int = 1
    column_base: int = 0
    unit: Unit = Unit.CODEPOINT
    end_inclusive: bool = False
    """Whether the end names the last unit of the range rather than the one after it."""


def width(text: str, unit: Unit) -> int:
    """Length of `text` in a unit. A lone surrogate counts as three bytes and one UTF-16 unit."""
    if unit is Unit.CODEPOINT or text.isascii():
        return len(text)
    if unit is Unit.BYTE:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(character > "\uffff" for character in text)


def advance(text: str, count: int, unit: Unit) -> int:
    """Number of code points of `text` that begin before `count` units; what points into one points at its start."""
    if unit is Unit.CODEPOINT or text.isascii():
        return max(0, min(count, len(text)))
    widths = accumulate((width(character, unit) for character in text), initial=0)
    return max(0, bisect_right(list(widths), count) - 1) if count > 0 else 0


class LineTable:
    """Where the lines of a text begin."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def __len__(self) -> int:
        return len(self._starts)

    def line_of(self, offset: int) -> int:
        """Line of a code point, from 0."""
        return max(0, bisect_right(self._starts, offset) - 1)

    def line_span(self, line: int) -> Span:
        """A line from 0, without what ends it."""
        line = max(0, min(line, len(self._starts) - 1))
        start = self._starts[line]
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self.text)
        return Span(start, start + len(self.text[start:end].rstrip("\r\n")))

    def offset(self, convention: Convention, line: int, column: int, *, after: bool = False) -> int:
        """Code-point offset of a position; with `after`, of what follows the unit that it names."""
        span = self.line_span(line - convention.line_base)
        text = self.text[span.start : span.end]
        count = column - convention.column_base
        at = advance(text, count, convention.unit)
        if after and at < len(text):
            at += 1
        return span.start + at

    def span(
        self,
        convention: Convention,
        line: int,
        column: int | None = None,
        end_line: int | None = None,
        end_column: int | None = None,
    ) -> Span:
        """The range from one position to another.

        Without a column it is the line but for its indentation; without an end it is the word that stands there, or
        the one character.
        """
        if column is None:
            return self._indented(line - convention.line_base)
        start = self.offset(convention, line, column)
        if end_column is None:
            return self._word(start)
        last = line if end_line is None else end_line
        end = self.offset(convention, last, end_column, after=convention.end_inclusive)
        return Span(start, end) if end >= start else self._word(start)

    def _indented(self, line: int) -> Span:
        span = self.line_span(line)
        text = self.text[span.start : span.end]
        return (
            Span(span.start + len(text) - len(text.lstrip()), span.start + len(text.rstrip())) if text.strip() else span
        )

    def _word(self, start: int) -> Span:
        end = start
        while end < len(self.text) and (self.text[end].isalnum() or self.text[end] == "_"):
            end += 1
        if end == start and end < self.line_span(self.line_of(start)).end:
            end += 1
        return Span(start, end)


def byte_offsets(text: str) -> list[int]:
    """[len(text) + 1] UTF-8 byte offset of every code point, and of the end; lone surrogates count three bytes."""
    if text.isascii():
        return list(range(len(text) + 1))
    return list(accumulate((width(character, Unit.BYTE) for character in text), initial=0))


def from_bytes(text: str, start: int, end: int) -> Span:
    """The code points of a range of UTF-8 bytes of the whole text (tree-sitter, ruff's and oxlint's offsets)."""
    if text.isascii():
        size = len(text)
        start, end = max(0, min(start, size)), max(0, min(end, size))
    else:
        table = byte_offsets(text)
        start, end = (max(0, bisect_right(table, max(0, min(at, table[-1]))) - 1) for at in (start, end))
    return Span(start, max(start, end))
