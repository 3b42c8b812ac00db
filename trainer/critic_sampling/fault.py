"""What is wrong with a program, in words for whoever is to mend it.

CodeRL's repair model is given the problem, the program, its outcome and the class of its error (eq. 13). Here it is
also told the findings, with their places.
"""

from __future__ import annotations

import grammars
from analyzers.positions import Convention, LineTable
from analyzers.types import Diagnostic, Outcome
from rewards.types import Score

SHOWN = 3
"""Findings that are named, at most."""
PLACE = Convention()
_SAID = {
    Outcome.SYNTAX_ERROR: "it does not compile",
    Outcome.ERROR: "it crashes",
    Outcome.TIMEOUT: "it takes too long",
    Outcome.FAILURE: "its answer is wrong",
    Outcome.PASS: "it passes the tests that are known",
}


def note(score: Score) -> str:
    """The program, its outcome, the class of its error and its first findings, as comments of its language."""
    source = score.source
    mark = f"{grammars.get(source.language).line_comment or '#'} "
    said = [f"{mark}{line}" for line in said_of(score)]
    return "\n".join([f"{mark}This program fails:", source.text.strip("\n"), *said, f"{mark}Mended:"])


def said_of(score: Score) -> list[str]:
    """The outcome and the class of the error, and the findings, a line each."""
    outcome = _SAID.get(score.outcome, "nobody could judge it") if score.outcome else "nobody could judge it"
    exception = score.verdict.exception if score.verdict else ""
    table = LineTable(score.source.text)
    return [
        f"{outcome}: {exception}" if exception else outcome,
        *dict.fromkeys(_place(table, d) for d in _first(score)),
    ]


def _first(score: Score) -> list[Diagnostic]:
    """Those of the tests first, and then the worst."""
    found = [diagnostic for report in score.reports for diagnostic in report.diagnostics]
    tested = [diagnostic for report in score.reports if report.verdict for diagnostic in report.diagnostics]
    others = sorted((each for each in found if each not in tested), key=lambda each: -each.severity)
    return [*tested, *others][:SHOWN]


def _place(table: LineTable, found: Diagnostic) -> str:
    line, begin = table.position(PLACE, found.span.start)
    last, end = table.position(PLACE, found.span.end)
    columns = f"{begin}-{end - 1}" if last == line and end > begin + 1 else f"{begin}"
    message = " ".join(found.message.split())
    return f"line {line}, column {columns}: {message}"
