"""Why a score is what it is: a record for each finding, with what it costs and why it does not cost what it would.

`Score.explain()` is the way in. Records are flat, so that `map(dataclasses.asdict, score.explain())` is a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from analyzers.positions import Convention, LineTable
from analyzers.types import Diagnostic, Kind, Severity, Span, Status
from rewards.schemes.regions import sampled
from rewards.types import Charge, Score

UNCOUNTED = "uncounted"
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "gated": "counts only on programs that pass",
        "capped": "made smaller, so that all charges stay below the gap to the next worse outcome",
        "shared": "the findings of a program share a sum that is bounded",
        "merged": "one defect is one charge, the largest amount on the narrowest span",
        "follow-on": "follows from the first syntax error, which alone is charged",
        "contradicted": "the program compiled, so that it has no syntax error",
        "ignored": "the place is not reliable",
        "noise": "the rule fires on right programs as often as on wrong ones",
        "unjudged": "the program made the analyzer fail, which is not clean",
        "stub": "a program that does nothing has no findings and is worth no more than an attempt",
        "blamed": "costs nothing itself: the program answers for its outcome here alone",
        UNCOUNTED: "the scheme charges no such finding",
    }
)
"""What the words of `Explanation.reasons` mean; a scheme of another distribution may have words of its own."""
_PEOPLE = Convention(line_base=1, column_base=1)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One finding: what it says, where it stands in the completion, and what it costs."""

    analyzer: str
    rule: str
    message: str
    severity: Severity
    kind: Kind
    text: str
    """The part of the completion that answers for it; empty where something is missing."""
    span: Span
    """Code points of the completion."""
    line: int
    column: int
    end_line: int
    end_column: int
    """In the completion, from 1, in code points; the end is the first position that is no longer part of it."""
    amount: float | None
    """Signed: a penalty is negative. None where the scheme does not count the finding."""
    due: float | None
    """What it would cost by itself."""
    reasons: tuple[str, ...]
    """Why it costs something else, as words of `REASONS`."""
    into: str
    """Of a merged finding: analyzer and rule of the one that is charged in its place."""

    @property
    def place(self) -> str:
        """Line and column, as editors show them."""
        return f"{self.line}:{self.column}"

    @property
    def cost(self) -> str:
        """The amount with its sign, or the reason why there is none."""
        return "-" if self.amount is None else f"{self.amount:+.3f}" if self.amount else ", ".join(self.reasons) or "0"

    @property
    def why(self) -> str:
        """The reasons in short; empty where it costs what it would by itself."""
        return "; ".join([*self.reasons, *([f"charged as {self.into}"] if self.into else [])])

    @property
    def label(self) -> str:
        """What a reader is told who points at it."""
        said = f"{self.cost}  {self.analyzer} {self.rule}: {self.message}"
        changed = self.due is not None and self.due != self.amount
        more = "; ".join(filter(None, [self.why, f"by itself {self.due:+.3f}" if changed else ""]))
        return f"{said} ({more})" if more else said


def explain(score: Score) -> tuple[Explanation, ...]:
    """The charges, and the findings that the scheme does not count, in the order of the completion."""
    table = LineTable(score.completion)
    rows = [_of_charge(charge, table) for charge in score.charges]
    charged = {charge.diagnostic for charge in score.charges}
    shift = score.source.offset - score.source.prefix
    for report in score.reports:
        for diagnostic in report.diagnostics:
            span = sampled(score.source, diagnostic.span)
            if report.status is Status.OK and diagnostic not in charged and span is not None:
                placed = Charge(diagnostic, Span(span.start + shift, span.end + shift), 0.0, note=UNCOUNTED)
                rows.append(_row(placed, table, amount=None, due=None))
    return tuple(sorted(rows, key=lambda row: (row.span, row.amount or 0.0)))


def _of_charge(charge: Charge, table: LineTable) -> Explanation:
    return _row(charge, table, amount=charge.amount, due=charge.amount if charge.due is None else charge.due)


def _row(charge: Charge, table: LineTable, *, amount: float | None, due: float | None) -> Explanation:
    said: Diagnostic = charge.diagnostic
    line, column = table.position(_PEOPLE, charge.span.start)
    end_line, end_column = table.position(_PEOPLE, charge.span.end)
    return Explanation(
        analyzer=said.analyzer,
        rule=said.code,
        message=said.message,
        severity=said.severity,
        kind=said.kind,
        text=table.text[charge.span.start : charge.span.end],
        span=charge.span,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        amount=amount,
        due=due,
        reasons=tuple(filter(None, charge.note.split(", "))),
        into=charge.into,
    )
