from __future__ import annotations

import pytest

from analyzers.types import Location, Source, Span
from rewards.schemes.regions import line_of, region, sampled

TEXT = "ab\ncdé\r\n\tgh"
#       012 3456 7 8 9..11   lines: [0, 2) [3, 6) [8, 11)


@pytest.mark.parametrize(
    ("offset", "line"),
    [
        (0, Span(0, 2)),
        (2, Span(0, 2)),
        (3, Span(3, 6)),
        (5, Span(3, 6)),
        (6, Span(3, 6)),
        (8, Span(8, 11)),
        (99, Span(8, 11)),
    ],
)
def test_a_line_ends_before_its_break(offset: int, line: Span) -> None:
    assert line_of(TEXT, offset) == line


def test_form_feed_and_line_separator_break_no_line() -> None:
    assert line_of("a\x0cb\u2028c", 2) == Span(0, 5)


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (Location.SPAN, Span(4, 5)),
        (Location.LINE, Span(3, 6)),
        (Location.GLOBAL, Span(0, 11)),
        (Location.IGNORE, None),
    ],
)
def test_locations(location: Location, expected: Span | None) -> None:
    assert region(Source(TEXT), Span(4, 5), location) == expected


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (Span(0, 2), None),  # wholly given
        (Span(0, 4), None),  # ends where sampling begins
        (Span(2, 6), Span(4, 6)),
        (Span(4, 4), Span(4, 4)),  # an empty span at the very beginning of what was sampled
        (Span(3, 3), None),
        (Span(11, 11), Span(11, 11)),  # at the end of the text
        (Span(9, 40), Span(9, 11)),
        (Span(30, 40), Span(11, 11)),
    ],
)
def test_what_was_given_is_never_charged(span: Span, expected: Span | None) -> None:
    assert sampled(Source(TEXT, prefix=4), span) == expected


def test_a_line_that_begins_in_the_prefix_is_cut() -> None:
    assert region(Source(TEXT, prefix=4), Span(5, 6), Location.LINE) == Span(4, 6)
    assert region(Source(TEXT, prefix=4), Span(0, 1), Location.GLOBAL) == Span(4, 11)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (Span(5, 10), Span(5, 9)),
        (Span(9, 10), Span(9, 9)),  # found where the suffix begins, due to what stands before it
        (Span(10, 11), Span(9, 9)),
        (Span(0, 11), Span(4, 9)),
    ],
)
def test_what_was_given_behind_is_never_charged(span: Span, expected: Span) -> None:
    assert sampled(Source(TEXT, prefix=4, suffix=2), span) == expected
    assert region(Source(TEXT, prefix=4, suffix=2), span, Location.GLOBAL) == Span(4, 9)
