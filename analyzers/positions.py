"""The only line, column, byte and UTF-16 arithmetic of the project.

Tools disagree about where a name stands: after `"é😀"` pyflakes, pylint and tree-sitter count UTF-8 bytes from 0, ruff
counts code points from 1, SARIF and LSP may count UTF-16 units. Each analyzer declares its `Convention`; a
`LineTable` turns its positions into half-open ranges of code points.

Lines end at `\\r\\n`, `\\r` or `\\n` and nowhere else: `str.splitlines` also breaks at a form feed or U+2028, where no
compiler does. Tools lie, so that positions out of range are clamped and never raise; `holds` tells which ones are.
Lone surrogates count as three bytes, as in the encoding with `surrogatepass`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import accumulate

from analyzers.types import Span

END_OF_LINE = 1 << 30
"""An end column that stands for the end of its line."""

_NEWLINE = re.compile(r"\r\n|\r|\n")
_LONE_RETURN = re.compile(r"\r(?!\n)")
_WORD = re.compile(r"\w+")
_CONTINUATION = bytes(range(0x80, 0xC0))
_SURROGATE = re.compile("[\ud800-\udfff]")


class Unit(StrEnum):
    """What a column or an offset counts."""

    CODEPOINT = "codepoint"
    BYTE = "byte"
    UTF16 = "utf16"


@dataclass(frozen=True, slots=True)
class Convention:
    """How a tool counts. Offsets (as opposed to columns) always count from 0 and end exclusively."""

    line_base: int = 1
    column_base: int = 1
    unit: Unit = Unit.CODEPOINT
    end_inclusive: bool = False
    """Whether the end column is that of the last unit of the range, not the one after it."""
    skips_bom: bool = False
    """Whether a byte order mark at the start of the text is not counted."""


PYTHON_AST = Convention(line_base=1, column_base=0, unit=Unit.BYTE)
"""`ast`, `co_positions`, tracebacks."""
PYTHON_SYNTAX = Convention(line_base=1, column_base=1, unit=Unit.CODEPOINT)
"""`SyntaxError.lineno`, `offset`, `end_offset`."""


def encode(text: str) -> bytes:
    """UTF-8, with lone surrogates as three bytes."""
    return text.encode("utf-8", "surrogatepass")


def without_surrogates(text: str) -> str:
    """The text as valid Unicode: each lone surrogate becomes U+FFFD, which is as long in every unit."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def one_newline(text: str) -> str:
    """The text with lone carriage returns as line feeds, for parsers that know no others; nothing moves."""
    return _LONE_RETURN.sub("\n", text) if "\r" in text else text


def byte_offsets(text: str) -> Sequence[int]:
    """Where each code point begins in the UTF-8 form, and the length at the end: `len(text) + 1` numbers."""
    if text.isascii():
        return range(len(text) + 1)
    return list(accumulate(map(_byte_width, text), initial=0))


def codepoint_offsets(text: str) -> Sequence[int]:
    """The code point that each byte of the UTF-8 form belongs to, and `len(text)` at the end."""
    if text.isascii():
        return range(len(text) + 1)
    table = [index for index, character in enumerate(text) for _ in range(_byte_width(character))]
    return [*table, len(text)]


class LineTable:
    """Positions in one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._ascii = text.isascii()
        breaks = [match.span() for match in _NEWLINE.finditer(text)]
        self._starts = [0, *(end for _, end in breaks)]
        self._ends = [*(start for start, _ in breaks), len(text)]

    def offset(self, convention: Convention, line: int, column: int, *, up: bool = False) -> int:
        """The code point at a position; a position within a character is its start, or with `up` its end."""
        index = line - convention.line_base
        if index < 0:
            return 0
        if index >= len(self._starts):
            return len(self.text)
        start, end = self._first(convention, index), self._ends[index]
        units = max(column - convention.column_base, 0)
        return start + min(self._count(self.text[start:end], units, convention.unit, up), end - start)

    def position(self, convention: Convention, offset: int) -> tuple[int, int]:
        """Line and column of a code point."""
        offset = min(max(offset, 0), len(self.text))
        index = bisect_right(self._starts, offset) - 1
        piece = self.text[self._first(convention, index) : offset]
        units = len(piece)
        if not self._ascii and convention.unit is not Unit.CODEPOINT:
            units = sum(map(_WIDTHS[convention.unit], piece))
        return index + convention.line_base, units + convention.column_base

    def span(
        self,
        convention: Convention,
        line: int,
        column: int | None = None,
        end_line: int | None = None,
        end_column: int | None = None,
    ) -> Span:
        """The range between two positions.

        Without a column it is the line without the blanks around it. Without an end, or with one that is not behind the
        start, it is the word or the sign that stands at the start, or else the last one before it on the line. With an
        end line alone it reaches to the end of that line.
        """
        if column is None:
            return self._line_span(line - convention.line_base, end_line and end_line - convention.line_base)
        start = self.offset(convention, line, column)
        if end_column is not None:
            end_column += convention.end_inclusive
            end = self.offset(convention, line if end_line is None else end_line, end_column, up=True)
        elif end_line is not None and end_line > line:
            end = self._line_span(end_line - convention.line_base, None).end
        else:
            end = start
        return Span(start, end) if end > start else self.word(start)

    def holds(
        self,
        convention: Convention,
        line: int,
        column: int | None = None,
        end_line: int | None = None,
        end_column: int | None = None,
    ) -> bool:
        """Whether `span` takes these positions as they are: both are in the text, on the borders of characters, and in
        this order."""
        last = line if end_line is None else end_line
        whole = convention.column_base
        start = (line, whole if column is None else column)
        if not self._has(convention, *start):
            return False
        if end_column is None or end_column == END_OF_LINE:
            return last >= line and self._has(convention, last, whole)
        end = (last, end_column + convention.end_inclusive)
        return end >= start and self._has(convention, *end)

    def holds_offsets(self, unit: Unit, start: int, end: int | None = None) -> bool:
        """The same of `offsets`."""
        last = start if end is None else end
        return 0 <= start <= last and all(
            self._total(offset, unit, up=False) == self._total(offset, unit, up=True) and offset <= self._size(unit)
            for offset in (start, last)
        )

    def offsets(self, unit: Unit, start: int, end: int | None = None) -> Span:
        """The range between two offsets from the start of the text, counted in `unit`."""
        first = self._total(start, unit, up=False)
        last = first if end is None else self._total(end, unit, up=True)
        return Span(first, last) if last > first else self.word(first)

    def word(self, offset: int) -> Span:
        """The word or the sign at a code point; on blanks the last one before it on its line, else the first one
        after it.

        Empty on a blank line.
        """
        index = bisect_right(self._starts, offset) - 1
        line, stop = self._starts[index], self._ends[index]
        if not self.text[offset:stop][:1].strip():
            end = line + len(self.text[line:offset].rstrip())
            if end > line:
                return self._ending(line, end)
            offset = stop - len(self.text[offset:stop].lstrip())
        match = _WORD.match(self.text, offset)
        return Span(offset, match.end() if match else max(min(offset + 1, stop), offset))

    def header(self, span: Span) -> Span:
        """The part of a range that lies on its first line."""
        end = self._ends[bisect_right(self._starts, span.start) - 1]
        return span if span.end <= end else Span(span.start, max(end, span.start))

    @cached_property
    def _bytes(self) -> Sequence[int]:
        return byte_offsets(self.text)

    @cached_property
    def _utf16(self) -> Sequence[int]:
        return list(accumulate(map(_utf16_width, self.text), initial=0))

    def _first(self, convention: Convention, index: int) -> int:
        return 1 if convention.skips_bom and index == 0 and self.text.startswith("\ufeff") else self._starts[index]

    def _ending(self, line: int, end: int) -> Span:
        start = end
        while start > line and _WORD.match(self.text[start - 1]):
            start -= 1
        return Span(min(start, end - 1), end)

    def _line_span(self, first: int, last: int | None) -> Span:
        limit = len(self._starts) - 1
        first = min(max(first, 0), limit)
        last = min(max(first if last is None else last, first), limit)
        start, end = self._starts[first], self._ends[last]
        piece = self.text[start:end]
        stripped = piece.strip()
        if not stripped:
            return Span(start, start)
        start += len(piece) - len(piece.lstrip())
        return Span(start, start + len(stripped))

    def _has(self, convention: Convention, line: int, column: int) -> bool:
        return self.position(convention, self.offset(convention, line, column)) == (line, column)

    def _size(self, unit: Unit) -> int:
        if self._ascii or unit is Unit.CODEPOINT:
            return len(self.text)
        return (self._bytes if unit is Unit.BYTE else self._utf16)[-1]

    def _count(self, piece: str, units: int, unit: Unit, up: bool) -> int:
        if self._ascii or unit is Unit.CODEPOINT or piece.isascii():
            return min(units, len(piece))
        if unit is Unit.BYTE:
            data = encode(piece)
            begun = len(data[:units].translate(None, _CONTINUATION))
            inside = units < len(data) and data[units] in _CONTINUATION
            return begun - (inside and not up)
        return _search(list(accumulate(map(_utf16_width, piece), initial=0)), units, up)

    def _total(self, units: int, unit: Unit, *, up: bool) -> int:
        if self._ascii or unit is Unit.CODEPOINT:
            return min(max(units, 0), len(self.text))
        return _search(self._bytes if unit is Unit.BYTE else self._utf16, max(units, 0), up)


def _search(table: Sequence[int], units: int, up: bool) -> int:
    index = bisect_left(table, units) if up else bisect_right(table, units) - 1
    return min(index, len(table) - 1)


def _byte_width(character: str) -> int:
    code = ord(character)
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


def _utf16_width(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1


_WIDTHS: dict[Unit, Callable[[str], int]] = {Unit.BYTE: _byte_width, Unit.UTF16: _utf16_width}
