"""The part of the sampled program that answers for a finding."""

from __future__ import annotations

from functools import lru_cache

from analyzers.positions import Convention, LineTable
from analyzers.types import Location, Source, Span

_FROM_ZERO = Convention(line_base=0, column_base=0)


def region(source: Source, span: Span, location: Location) -> Span | None:
    """`span` widened to what `location` says and cut to the sampled part; None where nothing sampled is left.

    LINE is the whole line on which the span starts, without its line break; GLOBAL is all that was sampled.
    """
    if location is Location.IGNORE:
        return None
    if location is Location.GLOBAL:
        return source.sampled
    if location is Location.LINE:
        span = line_of(source.text, span.start)
    return sampled(source, span)


def line_of(text: str, offset: int) -> Span:
    """The line that holds a code point, without its line break."""
    table = _lines(text)
    _, column = table.position(_FROM_ZERO, offset)
    start = min(offset, len(text)) - column
    return table.header(Span(start, len(text)))


@lru_cache(maxsize=8)
def _lines(text: str) -> LineTable:
    return LineTable(text)


def sampled(source: Source, span: Span) -> Span | None:
    """`span` cut to the sampled part; None where it lies in the given prefix.

    What is found in the suffix is due to what stands before it, and lies at the end of the sampled part.
    """
    end = min(span.end, source.sampled.end)
    start = min(span.start, end)
    if end < source.prefix or (end == source.prefix and start < end):
        return None
    start = max(start, source.prefix)
    return span if (start, end) == (span.start, span.end) else Span(start, end)
