"""Scores for people: a coloured view for the terminal, and HTML that needs neither a server nor JavaScript.

Programs come from models, so nothing of theirs is trusted: control characters (terminal escapes, NUL), lone surrogates
and marks that reorder text are shown as visible signs, one for one, and everything is escaped in HTML.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyzers.positions import Convention, LineTable
from analyzers.types import Diagnostic, Outcome, Span, Status
from rewards.align import token_rewards
from rewards.schemes.regions import sampled as sampled_part
from rewards.tokens import REPLACEMENT, byte_offsets
from rewards.types import Score

if TYPE_CHECKING:
    from jinja2 import Environment
    from rich.console import Group
    from rich.table import Table

CSS = files("rewards").joinpath("templates/code.css").read_text(encoding="utf-8")
"""Style of what `code_html` returns; everything in it begins with `sw-`."""

# What RLTF charges for a failing frame: the darkest shade.
FULL = 0.3
OUTCOME_COLOURS = {
    Outcome.PASS: "green",
    Outcome.FAILURE: "yellow",
    Outcome.ERROR: "red",
    Outcome.TIMEOUT: "magenta",
    Outcome.SYNTAX_ERROR: "red",
    Outcome.INFRASTRUCTURE: "blue",
}
_PEOPLE = Convention(line_base=1, column_base=1)
_SIGNS = {
    **{code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\n\t"},
    0x7F: "\u2421",
    **dict.fromkeys([*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\ufffd"),
    **dict.fromkeys([0x061C, 0x200E, 0x200F, 0xFEFF], "\ufffd"),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One row: a diagnostic, where it stands in the completion, and what it costs (None: not counted by the scheme)."""

    diagnostic: Diagnostic
    span: Span
    amount: float | None
    note: str
    place: str
    """Line and column in the completion, from 1."""

    @property
    def label(self) -> str:
        """What a reader is told on hover."""
        return f"{self.cost}  {self.diagnostic.analyzer} {self.diagnostic.code}: {self.diagnostic.message}"

    @property
    def cost(self) -> str:
        """The amount with its sign, or the reason why there is none."""
        return "-" if self.amount is None else f"{self.amount:+.3f}" if self.amount else self.note or "0"


def visible(text: str) -> str:
    """The text with a visible sign for every character that a terminal or a page would act on; as long as before."""
    return text.translate(_SIGNS)


def findings(score: Score) -> list[Finding]:
    """Charges, and the findings that the scheme does not count, in the order of the completion."""
    table = LineTable(score.completion)

    def row(diagnostic: Diagnostic, span: Span, amount: float | None, note: str) -> Finding:
        line, column = table.position(_PEOPLE, span.start)
        return Finding(diagnostic, span, amount, note, f"{line}:{column}")

    rows = [row(charge.diagnostic, charge.span, charge.amount, charge.note) for charge in score.charges]
    charged = {charge.diagnostic for charge in score.charges}
    shift = score.source.offset - score.source.prefix
    for report in score.reports:
        for diagnostic in report.diagnostics:
            span = sampled_part(score.source, diagnostic.span)
            if report.status is Status.OK and diagnostic not in charged and span is not None:
                rows.append(row(diagnostic, Span(span.start + shift, span.end + shift), None, ""))
    return sorted(rows, key=lambda finding: (finding.span, finding.amount or 0.0))


def summary(score: Score) -> dict[str, str]:
    """What stands above a program: outcome, value, its parts, tests, and analyzers that said nothing."""
    facts = {"outcome": score.outcome.value if score.outcome else "not tested"}
    facts["value"] = "none" if score.value is None else f"{score.value:+.3f}"
    parts = [f"{name} {amount:+.3f}" for name, amount in score.parts.items()]
    charged = sum(charge.amount for charge in score.charges)
    facts["parts"] = ", ".join([*parts, *([f"charges {charged:+.3f}"] if charged else [])])
    verdict = score.verdict
    if verdict and verdict.tests:
        facts["tests"] = f"{verdict.passed} of {len(verdict.tests)} passed"
        facts["first failure"] = next((test.message for test in verdict.tests if test.message), "")
    if verdict and verdict.detail:
        facts["detail"] = verdict.detail
    silent = [
        f"{report.analyzer} {report.status.value} {report.detail}" for report in score.reports if _failed(report.status)
    ]
    facts["no word from"] = "; ".join(silent)
    return {name: visible(fact) for name, fact in facts.items() if fact}


def to_terminal(score: Score) -> Group:
    """A rich renderable: the facts, the program with its findings in colour, and a table of what each one costs."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    facts = summary(score)
    colour = OUTCOME_COLOURS[score.outcome] if score.outcome else "white"
    head = Text.assemble((facts.pop("outcome"), f"bold {colour}"), "  ", facts.pop("value"))
    lines = [head, *(Text.assemble((f"{name}: ", "dim"), fact) for name, fact in facts.items())]
    rows = findings(score)
    code = Padding(_numbered(score, rows), (1, 0))
    if not rows:
        return Group(*lines, code)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("where", "cost", "analyzer", "code", "message"):
        table.add_column(column, overflow="fold")
    for finding in rows:
        said = finding.diagnostic
        cells = (finding.place, finding.cost, said.analyzer, said.code, said.message)
        table.add_row(*(Text(visible(cell)) for cell in cells), style="" if finding.amount else "dim")
    return Group(*lines, code, table)


def code_html(score: Score, byte_spans: NDArray[np.int64] | None = None, *, sampled: bytes | None = None) -> str:
    """A fragment: the completion with what is charged coloured by its amount, the finding on hover. Style: `CSS`.

    With the byte spans of its tokens [T, 2] every token is set apart and coloured by its own reward. Where the
    completion holds U+FFFD, that needs the `sampled` bytes as well (see `token_rewards`); else findings are shown
    without tokens.

    Raises:
        ValueError: the tokens are those of another completion.
    """
    from markupsafe import Markup, escape

    given = score.source.text[: score.source.prefix]
    html = [Markup('<span class="sw-given">{}</span>').format(visible(given))] if given else []
    for piece in _pieces(score, findings(score), _tokens(score, byte_spans, sampled)):
        text = escape(visible(score.completion[piece.start : piece.end]))
        html.append(Markup(piece.tag).format(text=text, label=visible(piece.label)) if piece.tag else text)
    return f'<pre class="sw-code"><code>{Markup("").join(html)}</code></pre>'


def to_html(
    scores: Sequence[Score],
    *,
    title: str,
    byte_spans: Sequence[NDArray[np.int64] | None] | None = None,
    sampled: Sequence[bytes | None] | None = None,
) -> str:
    """A self-contained page of scores; `byte_spans` and `sampled` are per score, as for `code_html`."""
    from markupsafe import Markup

    spans = byte_spans or [None] * len(scores)
    data = sampled or [None] * len(scores)
    entries = [
        {
            "name": score.task_id or f"program {number}",
            "facts": summary(score),
            "code": Markup(code_html(score, span, sampled=bytes_)),
            "findings": findings(score),
        }
        for number, (score, span, bytes_) in enumerate(zip(scores, spans, data, strict=True), 1)
    ]
    return _environment().get_template("page.html.j2").render(title=title, css=Markup(CSS), entries=entries)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader

    def shown(value: Any) -> Any:
        return visible(value) if type(value) is str else value

    loader = PackageLoader("rewards")
    return Environment(loader=loader, autoescape=True, finalize=shown, trim_blocks=True, lstrip_blocks=True)


def _failed(status: Status) -> bool:
    return status not in (Status.OK, Status.NOT_APPLICABLE)


def _numbered(score: Score, rows: Sequence[Finding]) -> Table:
    """The program with the numbers of the completion's lines before it; what was given is dimmed and has none."""
    from rich.table import Table
    from rich.text import Text

    given = score.source.text[: score.source.prefix]
    code = Text(visible(given + score.completion))
    code.stylize("dim", 0, len(given))
    for finding in sorted(rows, key=lambda finding: finding.amount or 0.0, reverse=True):
        start, end = _held(finding.span, len(score.completion))
        code.stylize("white on red" if finding.amount else "underline", start + len(given), end + len(given))
    grid = Table.grid(padding=(0, 2, 0, 0))
    for number, line in enumerate(code.split("\n", allow_blank=False), 1 - given.count("\n")):
        grid.add_row(Text(str(number) if number > 0 else "", style="dim"), line)
    return grid


def _held(span: Span, length: int) -> tuple[int, int]:
    """The span itself, or the character that answers for an empty one: the one there, or the last."""
    if len(span):
        return span.start, span.end
    start = min(span.start, max(length - 1, 0))
    return start, min(start + 1, length)


@dataclass(frozen=True, slots=True)
class _Tokens:
    owners: NDArray[np.int64]
    """[code points] the token that holds the first byte of each."""
    values: NDArray[np.float64]
    """[T]"""


def _tokens(score: Score, byte_spans: NDArray[np.int64] | None, sampled: bytes | None) -> _Tokens | None:
    if byte_spans is None or (sampled is None and REPLACEMENT in score.completion):
        return None
    values = token_rewards(score, byte_spans, sampled=sampled).values
    starts = byte_offsets(score.completion, sampled)[:-1]
    return _Tokens(np.searchsorted(byte_spans[:, 1], starts, side="right"), values)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of the completion under the same findings and, where they are known, in the same token."""

    start: int
    end: int
    weight: float
    """How dark, in [0, 1]."""
    label: str
    token: bool

    @property
    def tag(self) -> str:
        """The element around the text, with the fields `text` and `label`; empty where nothing is to be said."""
        kind = "sw-token " if self.token else ""
        if self.weight > 0:
            style = f"--w:{self.weight:.3f}"
            return f'<mark class="{kind}sw-hit" style="{style}" title="{{label}}" tabindex="0">{{text}}</mark>'
        if self.label:
            return f'<span class="{kind}sw-note" title="{{label}}" tabindex="0">{{text}}</span>'
        return '<span class="sw-token">{text}</span>' if self.token else ""


def _pieces(score: Score, rows: Sequence[Finding], tokens: _Tokens | None) -> Iterator[_Piece]:
    length = len(score.completion)
    opened: dict[int, list[Finding]] = defaultdict(list)
    closed: dict[int, list[Finding]] = defaultdict(list)
    for finding in rows:
        start, end = _held(finding.span, length)
        opened[start].append(finding)
        closed[end].append(finding)
    cuts = {0, length, *opened, *closed}
    if tokens is not None:
        cuts.update((np.flatnonzero(np.diff(tokens.owners)) + 1).tolist())
    open_: dict[int, Finding] = {}
    for start, end in pairwise(sorted(cuts)):
        for finding in closed[start]:
            open_.pop(id(finding), None)
        open_.update((id(finding), finding) for finding in opened[start])
        yield _piece(Span(start, end), list(open_.values()), tokens)


def _piece(span: Span, rows: Sequence[Finding], tokens: _Tokens | None) -> _Piece:
    labels = [finding.label for finding in sorted(rows, key=lambda finding: finding.amount or 0.0)]
    if tokens is None:
        weight = min(-sum(finding.amount or 0.0 for finding in rows) / FULL, 1.0)
        return _Piece(span.start, span.end, weight, "\n".join(labels), token=False)
    index = int(tokens.owners[span.start])
    value = float(tokens.values[index]) if index < len(tokens.values) else 0.0
    weight = abs(value) / float(np.abs(tokens.values).max()) if value else 0.0
    said = [f"token {index}: {value:+.3f}"] if value else []
    return _Piece(span.start, span.end, weight, "\n".join([*said, *labels]), token=True)
