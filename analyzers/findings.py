"""What a tool says, in its own convention, and how that becomes diagnostics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analyzers.positions import Convention, LineTable
from analyzers.types import Diagnostic, Kind, Location, Severity, Span


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding with its position as the tool gave it; what the tool did not give stays None.

    An `offset` from the start of the text wins over line and column; both count as the analyzer's convention says.
    """

    code: str
    message: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    offset: int | None = None
    end_offset: int | None = None
    severity: Severity = Severity.MEDIUM
    kind: Kind = Kind.LOGIC
    location: Location = Location.SPAN
    file: str = ""
    """Name of the file that it is about, from tools that were given several."""
    convention: Convention | None = None
    """How its position counts, where the output itself says so; wins over the analyzer's convention."""


def to_diagnostics(
    analyzer: str, text: str, findings: Iterable[Finding], *, convention: Convention
) -> tuple[Diagnostic, ...]:
    """Diagnostics in the order of their spans.

    A span of several lines is cut to its first one: the header of a loop answers for the loop, and a statement that
    goes on over twenty lines must not spread its charge over all of them. Without any position a finding is about the
    whole text.
    """
    table = LineTable(text)
    found = [_diagnostic(analyzer, table, finding, convention) for finding in findings]
    return tuple(sorted(found, key=lambda diagnostic: (diagnostic.span, diagnostic.code, diagnostic.message)))


def _diagnostic(analyzer: str, table: LineTable, finding: Finding, convention: Convention) -> Diagnostic:
    location, exact = finding.location, True
    convention = finding.convention or convention
    if finding.offset is not None:
        offsets = (finding.offset, finding.end_offset)
        span, exact = table.offsets(convention.unit, *offsets), table.holds_offsets(convention.unit, *offsets)
    elif finding.line is not None:
        place = (finding.line, finding.column, finding.end_line, finding.end_column)
        span, exact = table.span(convention, *place), table.holds(convention, *place)
    else:
        span, location = Span(0, len(table.text)), Location.GLOBAL
    if location is not Location.GLOBAL:
        span = table.header(span)
    return Diagnostic(
        analyzer, finding.code, finding.severity, finding.message, span, finding.kind, location, clamped=not exact
    )
