from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.findings import Finding, to_diagnostics
from analyzers.positions import END_OF_LINE, Convention, Unit
from analyzers.types import Diagnostic, Kind, Location, Report, Severity, Span, Status

TEXT = 's = "é😀"\nfor x in s:\n    pass\n'


def convert(*findings, convention=Convention(1, 0, Unit.BYTE)):  # noqa: B008
    return to_diagnostics("tool", TEXT, findings, convention=convention)


def test_a_finding_becomes_a_diagnostic():
    # "é😀" begins at byte 4 and takes 1 + 2 + 4 + 1 = 8 bytes
    finding = Finding("C1", "why", 1, 4, 1, 12, severity=Severity.HIGH, kind=Kind.TYPE)
    assert convert(finding) == (Diagnostic("tool", "C1", Severity.HIGH, "why", Span(4, 8), Kind.TYPE),)


def test_a_span_of_several_lines_is_cut_to_its_first():
    (found,) = convert(Finding("loop", "", 2, 0, 3, 8))
    assert TEXT[found.span.start : found.span.end] == "for x in s:"


def test_a_finding_about_everything_keeps_all_of_it():
    (found,) = convert(Finding("all", "", 1, 0, 3, 8, location=Location.GLOBAL))
    assert TEXT[found.span.start : found.span.end] == TEXT[:-1]


def test_without_a_position_it_is_about_the_whole_text():
    (found,) = convert(Finding("all", ""))
    assert (found.span, found.location) == (Span(0, len(TEXT)), Location.GLOBAL)


def test_an_offset_wins_and_so_does_a_convention_of_its_own():
    by_bytes, by_units = (
        Finding("a", "", line=3, offset=4, end_offset=12),
        Finding("a", "", 1, 4, 1, 9, convention=Convention(1, 0, Unit.UTF16)),
    )
    assert [found.span for found in convert(by_bytes, by_units)] == [Span(4, 8), Span(4, 8)]


@pytest.mark.parametrize(
    ("finding", "span"),
    [
        (Finding("a", "", 9, 0), Span(30, 30)),  # behind the end of the text
        (Finding("a", "", -2, -5), Span(0, 1)),  # before its start: the first word
        (Finding("a", "", 1, 99, 1, 120), Span(7, 8)),  # behind the end of the line: its last sign
        (Finding("a", "", 1, 12, 1, 4), Span(7, 8)),  # the end before the start
        (Finding("a", "", 1, 8, 1, 10), Span(6, 7)),  # from within 😀 to within it
        (Finding("a", "", offset=-1, end_offset=2), Span(0, 2)),
        (Finding("a", "", offset=8, end_offset=999), Span(6, 8)),
    ],
)
def test_places_that_the_text_does_not_have_are_clamped_and_counted(finding, span):
    (found,) = convert(finding)
    assert (found.span, found.clamped) == (span, True)


def test_places_that_it_has_are_not_counted():
    right = [
        Finding("a", "", 1, 4, 1, 12), Finding("b", "", 1, 4, 1, END_OF_LINE), Finding("c", "", 2), Finding("d", ""),
        Finding("e", "", 3, 8), Finding("f", "", 4, 0), Finding("g", "", offset=0, end_offset=len(TEXT.encode())),
    ]  # fmt: skip
    found = convert(*right, Finding("h", "", 5))
    assert {item.code for item in found if item.clamped} == {"h"}
    assert Report("tool", Status.OK, found).clamped == 1


NUMBERS = st.one_of(st.none(), st.integers(-(2**40), 2**40), st.integers(-3, 60))
CONVENTIONS = st.builds(
    Convention, st.sampled_from([0, 1]), st.sampled_from([0, 1]), st.sampled_from(Unit), st.booleans(), st.booleans()
)


@given(
    st.text(st.sampled_from("ab _=\t\r\n\x0c\u2028é日😀\ud83d\ude00\ufeff\0"), max_size=40),
    CONVENTIONS,
    st.one_of(st.none(), CONVENTIONS),
    st.builds(
        Finding,
        st.just("a"),
        st.just(""),
        NUMBERS,
        NUMBERS,
        NUMBERS,
        NUMBERS,
        NUMBERS,
        NUMBERS,
        location=st.sampled_from(Location),
    ),
)
def test_whatever_a_tool_says_the_span_is_in_the_text(text, convention, own, finding):
    (found,) = to_diagnostics("tool", text, [replace(finding, convention=own)], convention=convention)
    assert 0 <= found.span.start <= found.span.end <= len(text)
    if found.location is not Location.GLOBAL:
        assert "\n" not in text[found.span.start : found.span.end]


def test_findings_are_sorted_by_their_place():
    assert [found.code for found in convert(Finding("b", "", 3), Finding("c", "", 1), Finding("a", "", 1))] == [
        "a",
        "c",
        "b",
    ]
