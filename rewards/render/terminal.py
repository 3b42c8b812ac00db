"""Views for the terminal, as rich renderables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analyzers.types import Outcome
from rewards.compare import aligned, paired
from rewards.explain import Explanation
from rewards.render.marks import held, line_texts, lines
from rewards.render.signs import visible
from rewards.render.summary import called, facts_of_both, met, signed, summary
from rewards.render.totals import outcomes, rules
from rewards.types import Score

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table
    from rich.text import Text

COLOURS = {
    Outcome.PASS: "green",
    Outcome.FAILURE: "yellow",
    Outcome.ERROR: "red",
    Outcome.TIMEOUT: "magenta",
    Outcome.SYNTAX_ERROR: "red",
    Outcome.INFRASTRUCTURE: "blue",
}
MANY_RULES = 20
"""Rules that are shown of a batch."""
LONG = 40
"""Code points of a finding's text that are shown."""


def to_terminal(score: Score, *, explained: bool = False) -> Group:
    """The facts, the program with its findings in colour, and a table of what each one costs.

    With `explained` the table also has the text of each finding, what it would cost by itself and why it does not; what
    the reasons mean is spelled out below.
    """
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    facts = summary(score)
    head = Text.assemble((facts.pop("outcome"), f"bold {_colour(score)}"), "  ", facts.pop("value"))
    above = [head, *(Text.assemble((f"{name}: ", "dim"), fact) for name, fact in facts.items())]
    rows = score.explain()
    parts: list[RenderableType] = [*above, Padding(_numbered(score, rows), (1, 0))]
    if rows:
        parts.append(_explained(rows) if explained else _table(rows))
    if explained and (reasons := met(rows)):
        parts.append(Text(""))
        parts += [Text.assemble((f"{word}: ", "dim"), meaning) for word, meaning in reasons.items()]
    return Group(*parts)


def compare_terminal(left: Score, right: Score) -> Group:
    """Two programs: their lines side by side, and their findings matched."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    head = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="bold")
    head.add_column("", style="dim")
    for number, score in enumerate((left, right), 1):
        head.add_column(Text(visible(called(score, number))), overflow="fold")
    for row in facts_of_both(left, right):
        head.add_row(*map(Text, row))
    findings = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("left", "cost", "right", "cost", "analyzer", "rule", "message"):
        findings.add_column(column, overflow="fold")
    pairs = paired(left.explain(), right.explain())
    for one, other in pairs:
        cells = [cell for row in (one, other) for cell in ((row.place, row.cost) if row else ("", ""))]
        said = one or other
        assert said is not None, "a pair has at least one side"
        cells += [said.analyzer, said.rule, said.message]
        style = "" if one and other else "green" if one else "red"
        findings.add_row(*(Text(visible(cell)) for cell in cells), style=style)
    parts: list[RenderableType] = [head, Padding(_beside(left, right), (1, 0))]
    return Group(*parts, *([findings] if pairs else []))


def batch_terminal(scores: Sequence[Score]) -> Group:
    """Two tables: what the outcomes were, and the rules that did most."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("outcome", "programs", "mean value"):
        table.add_column(column, justify="left" if column == "outcome" else "right")
    for name, count, mean in outcomes(scores):
        table.add_row(name, str(count), signed(mean))
    found = rules([score.explain() for score in scores])
    if not found:
        return Group(table)
    most = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("rule", "findings", "programs", "charged", "sum"):
        most.add_column(column, justify="left" if column == "rule" else "right", overflow="fold")
    for rule in found[:MANY_RULES]:
        numbers = (rule.findings, rule.programs, rule.charged)
        most.add_row(Text(visible(f"{rule.analyzer} {rule.code}")), *map(str, numbers), signed(rule.amount))
    left = len(found) - MANY_RULES
    return Group(table, Text(""), most, *([Text(f"and {left} more rules", style="dim")] if left > 0 else []))


def _colour(score: Score) -> str:
    return COLOURS[score.outcome] if score.outcome else "white"


def _table(rows: Sequence[Explanation]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("where", "cost", "analyzer", "rule", "message"):
        table.add_column(column, overflow="fold")
    for row in rows:
        cells = (row.place, row.cost, row.analyzer, row.rule, row.message)
        table.add_row(*(Text(visible(cell)) for cell in cells), style="" if row.amount else "dim")
    return table


def _explained(rows: Sequence[Explanation]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("where", "amount", "by itself"):
        table.add_column(column, justify="left" if column == "where" else "right")
    table.add_column("finding", overflow="fold")
    for row in rows:
        text = " ".join(row.text.split())
        text = text if len(text) <= LONG else text[: LONG - 1] + "…"
        said = Text(visible(f"{row.analyzer} {row.rule}: {row.message}"), style="" if row.amount else "dim")
        below = visible("; ".join(filter(None, [f"on {text}" if text else "", row.why])))
        amount = Text(signed(row.amount), style="bold" if row.amount else "dim")
        cells = (Text(row.place), amount, Text(signed(row.due), style="dim"))
        table.add_row(*cells, Text.assemble(said, "\n", (below, "dim italic")))
    return table


def _numbered(score: Score, rows: Sequence[Explanation]) -> Table:
    """The program with the numbers of the completion's lines before it; what was given is dimmed and has none."""
    from rich.table import Table
    from rich.text import Text

    given = score.source.text[: score.source.prefix]
    above, shared = given[: given.rfind("\n") + 1], given[given.rfind("\n") + 1 :]
    coloured = _coloured(score, rows) or ([Text("")] if shared else [])
    if shared:
        coloured[0] = Text(visible(shared), style="dim") + coloured[0]
    grid = Table.grid(padding=(0, 2, 0, 0))
    for line in above.split("\n")[:-1]:
        grid.add_row(Text(""), Text(visible(line), style="dim"))
    for number, code in enumerate(coloured, 1):
        grid.add_row(Text(str(number), style="dim"), code)
    return grid


def _coloured(score: Score, rows: Sequence[Explanation]) -> list[Text]:
    """The lines of the completion, without their line feeds."""
    from rich.text import Text

    code = Text(visible(score.completion))
    for span in score.exempt:
        code.stylize("dim", span.start, span.end)
    for row in sorted(rows, key=lambda row: row.amount or 0.0, reverse=True):
        style = "underline" if not row.amount else "white on red" if row.amount < 0 else "black on green"
        code.stylize(style, *held(row.span, len(score.completion)))
    ends = [line.end for line in lines(score.completion)]
    found = list(code.divide(ends[:-1])) if ends else []
    for line in found:
        if line.plain.endswith("\n"):
            line.right_crop(1)
    return found


def _beside(left: Score, right: Score) -> Table:
    from rich.table import Table
    from rich.text import Text

    coded = [_coloured(score, score.explain()) for score in (left, right)]
    grid = Table.grid(padding=(0, 1, 0, 0), expand=True)
    for ratio in (None, 1, None, 1):
        grid.add_column(ratio=ratio, overflow="fold", no_wrap=ratio is None)
    for pair in aligned(line_texts(left.completion), line_texts(right.completion)):
        cells = []
        for code, at, sign, colour in zip(coded, (pair.left, pair.right), "-+", ("red", "green"), strict=True):
            mark = f"{at + 1}{sign if pair.changed else ' '}" if at is not None else ""
            cells += [Text(mark, style=colour if pair.changed else "dim"), code[at] if at is not None else Text("")]
        grid.add_row(*cells)
    return grid
