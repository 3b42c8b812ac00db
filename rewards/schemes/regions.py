"""The part of the sampled program that answers for a finding."""

from __future__ import annotations

import re

from analyzers.types import Location, Source, Span

_BREAK = re.compile(r"[\r\n]")


def region(source: Source, span: Span, location: Location) -> Span | None:
    """`span` widened to what `location` says and cut to the sampled part; None where nothing sampled is left.

    LINE is the whole line on which the span starts, without its line break; GLOBAL is all that was sampled.
    """
    if location is Location.IGNORE:
        return None
    if location is Location.GLOBAL:
        return Span(source.prefix, len(source.text))
    if location is Location.LINE:
        span = line_of(source.text, span.start)
    return sampled(source, span)


def line_of(text: str, offset: int) -> Span:
    """The line that holds a code point, without its line break."""
    offset = min(offset, len(text))
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    end = _BREAK.search(text, offset)
    return Span(start, end.start() if end else len(text))


def sampled(source: Source, span: Span) -> Span | None:
    """`span` cut to the sampled part; None where it lies in the given prefix."""
    end = min(span.end, len(source.text))
    start = min(span.start, end)
    if end < source.prefix or (end == source.prefix and start < end):
        return None
    return Span(max(start, source.prefix), end)
