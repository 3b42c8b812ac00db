"""A table by language as people read it: on the screen, as Markdown, as a page; and as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich import table as rich_table

from trainer.reranker.by_language import CHANCE, ORACLE, Column, Row, Table
from trainer.statistics import Estimate

FORMAT, VERSION = "spanwise-reranker-table", 1
EMPTY = "-"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of texts; the first two columns are names."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def sheets(found: Table) -> list[Sheet]:
    """What passes, and by how much more than in the row of comparison: a row for each order, a column for each
    language, as in the papers."""
    head = ("model", "order", *found.languages, "average")
    shares = [
        (row.model, row.ranker, *(_share(row.cells.get(name)) for name in found.languages), _share(row.average), closed)
        for row, closed in ((row, _closed(row, found)) for row in found.rows)
    ]
    gains = [
        (row.model, row.ranker, *(_gain(row.gains.get(name)) for name in found.languages), _gain(row.gained))
        for row in found.rows
        if row.gains
    ]
    made = [Sheet(_title(found), (*head, "gap closed"), tuple(shares))]
    if gains:
        made.append(Sheet(f"points more than {found.against}, on the same problems", head, tuple(gains)))
    return made


def notes(found: Table) -> list[str]:
    """What a reader has to know, a line each."""
    averaged = ", ".join(found.averaged) or "none: there is none in which every model was measured"
    told = [
        "In brackets: 95% bootstrap intervals over problems. Those of the average resample problems with all of their "
        f"languages ({averaged})."
    ]
    for model, columns in found.columns.items():
        told.append(f"{model}: {_problems([each for each in columns.values() if not each.why])}")
        told += [f"{model}, {each.language}: empty: {each.why}" for each in columns.values() if each.why]
    return told


def on_screen(found: Table) -> Iterator[rich_table.Table]:
    """For the terminal, which is as long as it likes but not as wide: a table for each model, a row for each
    language."""
    for model, columns in found.columns.items():
        rows = [row for row in found.rows if row.model == model]
        shown = rich_table.Table(title=f"{model}: {_title(found)}", title_justify="left", box=box.SIMPLE_HEAD)
        shown.add_column("")
        for name in ("problems", *(row.ranker for row in rows)):
            shown.add_column(name, justify="right", overflow="fold")
        compared = [row for row in rows if row.gains and row.ranker != ORACLE]
        for row in compared:
            shown.add_column(f"{row.ranker}\n- {found.against}", justify="right", overflow="fold")
        for name in found.languages:
            cells = (*(_share(row.cells.get(name)) for row in rows), *(_gain(row.gains.get(name)) for row in compared))
            shown.add_row(name, str(columns[name].measured if name in columns else 0), *map(_two_lines, cells))
        average = (*(_share(row.average) for row in rows), *(_gain(row.gained) for row in compared))
        shown.add_row("average", "", *map(_two_lines, average), style="bold")
        yield shown


def markdown(found: Table) -> str:
    """Both tables and the notes."""
    parts = []
    for sheet in sheets(found):
        lines = [_line(sheet.head), _line(("---",) * len(sheet.head)), *map(_line, sheet.rows)]
        parts.append("\n".join([f"{sheet.title}:", "", *lines]))
    return "\n\n".join([*parts, "\n".join(f"- {_escaped(note)}" for note in notes(found))]) + "\n"


def page(found: Table, *, title: str) -> bytes:
    """A page that needs nothing else, as UTF-8."""
    from rewards.render.pages import template  # loads jinja, which nothing else here needs

    text = template("table.html.j2", package="trainer", title=title, sheets=sheets(found), notes=notes(found))
    return text.encode("utf-8", "replace")


def to_json(found: Table) -> dict[str, Any]:
    """A mapping of plain values; shares are from 0 to 1."""
    return {"format": FORMAT, "version": VERSION, **asdict(found)}


def _share(value: Estimate | None) -> str:
    if value is None:
        return EMPTY
    return f"{100 * value.mean:.1f} [{100 * value.low:.1f}, {100 * value.high:.1f}]"


def _gain(value: Estimate | None) -> str:
    if value is None:
        return EMPTY
    return f"{100 * value.mean:+.1f} [{100 * value.low:+.1f}, {100 * value.high:+.1f}]"


def _title(found: Table) -> str:
    return f"pass@1 of the best of {found.n or 'all candidates'}, %"


def _two_lines(cell: str) -> str:
    return cell.replace(" [", "\n[")


def _closed(row: Row, found: Table) -> str:
    """The share of the way from chance to oracle that an order goes, on average."""
    ends = {each.ranker: each.average for each in found.rows if each.model == row.model}
    low, high = ends.get(CHANCE), ends.get(ORACLE)
    if row.ranker in (CHANCE, ORACLE) or row.average is None or low is None or high is None or high.mean <= low.mean:
        return ""
    return f"{100 * (row.average.mean - low.mean) / (high.mean - low.mean):.0f}%"


def _problems(columns: Sequence[Column]) -> str:
    """How many problems there are, and how many of them leave a choice."""
    if not any(column.choice for column in columns):
        counts = {column.measured for column in columns}
        if len(counts) == 1:
            return f"one candidate for each of {counts.pop()} problems in every language"
        return f"one candidate for each problem: {', '.join(f'{each.language} {each.measured}' for each in columns)}"
    return f"problems that leave a choice: {', '.join(map(_counted, columns))}"


def _counted(column: Column) -> str:
    """The problems of a column, and what there is to say of them."""
    said = [f"{column.left_out} left out with too few judged candidates"] if column.left_out else []
    said += [f"{column.unjudged} candidates could not be judged"] if column.unjudged else []
    return f"{column.language} {column.mixed} of {column.measured}" + (f" ({'; '.join(said)})" if said else "")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_escaped, cells))} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
