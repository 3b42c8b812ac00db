from analyzers.findings import Finding, to_diagnostics
from analyzers.positions import Convention, Unit
from analyzers.types import Diagnostic, Kind, Location, Severity, Span

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


def test_findings_are_sorted_by_their_place():
    assert [found.code for found in convert(Finding("b", "", 3), Finding("c", "", 1), Finding("a", "", 1))] == [
        "a",
        "c",
        "b",
    ]
