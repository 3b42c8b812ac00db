"""How well `syntax` finds one broken token, beside the language's own parser: the tables of docs/syntax.md.

    python benchmarks/syntax_spans.py --data FOLDER [LANGUAGE ...]

Correct programs of each language get one broken token each (`broken_programs.py`), and the first diagnostic is compared
with the place of the break. Breaks that leave a program right count nowhere but in the columns that compare verdicts.

    flagged     valid programs with a diagnostic
    rejected    mutants with a diagnostic
    missed      mutants that the language's own parser rejects and `syntax` does not
    alone       mutants that only `syntax` rejects
    line        rejected mutants whose diagnostic starts within one line of the break; `own`: the own parser's line
    agree       mutants rejected by both whose lines are within one of each other
    span        length of the diagnostics in code points: median and 90th percentile
    distance    code points between diagnostic and break, 90th percentile
    ms          CPU milliseconds for a valid program of 20 to 40 lines, median; then for a mutant that is rejected

A second table says of the missed mutants what the own parser says: where the grammar takes more than the language.
"""

from __future__ import annotations

import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from broken_programs import Mutant, mutants, programs
from own_parsers import PARSERS, Complaint
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

import grammars
from analyzers.positions import Convention, LineTable
from analyzers.syntax import ANALYZER
from analyzers.types import Source, Span

CHECKED = 200
"""Valid programs that are looked at in each language."""
LINES = Convention(line_base=1)


@dataclass(frozen=True)
class Case:
    """What was said of one mutant."""

    mutant: Mutant
    found: Span | None
    message: str
    ms: float
    own: Complaint | None

    def lines(self) -> tuple[int, int]:
        """First and last line of the break."""
        table = LineTable(self.mutant.text)
        place = self.mutant.place
        return table.position(LINES, place.start)[0], table.position(LINES, place.end)[0]

    def line(self) -> int:
        """Line on which the diagnostic starts."""
        return LineTable(self.mutant.text).position(LINES, self.found.start)[0] if self.found else 0

    def near(self, line: int) -> bool:
        """Whether a line is within one of the break."""
        first, last = self.lines()
        return first - 1 <= line <= last + 1

    def distance(self) -> int:
        """Code points between diagnostic and break."""
        found, place = self.found or Span(0, 0), self.mutant.place
        return max(found.start - place.end, place.start - found.end, 0)


@dataclass
class Result:
    """All that was measured of a language."""

    language: str
    checked: int
    flagged: list[str] = field(default_factory=list)
    valid_ms: list[float] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    judged: bool = False


def analyse(text: str, language: str) -> tuple[Span | None, str, float]:
    before = time.process_time()
    (found,) = ANALYZER.run([Source(text, language)])
    ms = 1000 * (time.process_time() - before)
    return (found[0].span, found[0].message, ms) if found else (None, "", ms)


def measure(language: str, data: Path, count: int, seed: int) -> Result | None:
    texts = programs(language, data)
    if not texts:
        return None
    parser = PARSERS.get(language)
    own = parser.complaints if parser and parser.installed() else None
    texts = _right(texts[:: max(len(texts) // CHECKED, 1)], language, own)
    result = Result(language, len(texts), judged=own is not None)
    good = []
    for text in texts:
        found, _, ms = analyse(text, language)
        if 20 <= text.count("\n") <= 40:
            result.valid_ms.append(ms)
        (good if found is None else result.flagged).append(text)
    made = list(mutants(good, language, count, seed))
    said: Sequence[Complaint | None] = own([m.text for m in made], language) if own else [None] * len(made)
    result.cases = [
        Case(mutant, *analyse(mutant.text, language), complaint)
        for mutant, complaint in zip(made, said, strict=True)
    ]  # fmt: skip
    return result


def _right(
    texts: list[str], language: str, own: Callable[[Sequence[str], str], list[Complaint | None]] | None
) -> list[str]:
    """Those that the own parser takes; all where there is none."""
    if own is None:
        return texts
    return [text for text, said in zip(texts, own(texts, language), strict=True) if said is None]


def row(result: Result) -> list[str]:
    found = [case for case in result.cases if case.found is not None]
    both = [case for case in found if case.own]
    missed = sum(case.found is None and case.own is not None for case in result.cases)
    alone = sum(case.own is None for case in found)
    lengths = sorted(len(case.found) for case in found if case.found is not None)
    nearby = [case for case in both if case.own and abs(case.own.line - case.line()) <= 1]
    judged = result.judged
    return [
        result.language,
        f"{len(result.flagged)} of {result.checked}",
        f"{len(found)} of {len(result.cases)}",
        str(missed) if judged else "",
        str(alone) if judged else "",
        share(sum(case.near(case.line()) for case in found), len(found)),
        share(sum(case.near(case.own.line) for case in both if case.own), len(both)) if judged else "",
        share(len(nearby), len(both)) if judged else "",
        f"{statistics.median(lengths):.0f} / {at(lengths, 0.9):.0f}",
        f"{at(sorted(case.distance() for case in found), 0.9):.0f}",
        f"{statistics.median(result.valid_ms or [0]):.2f} / {statistics.median(case.ms for case in found):.1f}",
    ]


def words(message: str) -> str:
    """A parser's complaint without the names of the program."""
    plain = re.sub(r"^\d+: |^(?:fatal )?error(?:\[\w+\])?: ", "", re.sub(r"^\d+: ", "", message))
    return re.sub(r"[‘'\"]([\w. \\$]{3,}|testing.*)[’'\"]", "NAME", plain)[:90].replace("|", "\\|")


def laxities(result: Result) -> list[tuple[str, str, str]]:
    """What the own parser says of the mutants that only the grammar takes, most frequent first."""
    missed = [words(case.own.message) for case in result.cases if case.found is None and case.own]
    return [(result.language, said, str(times)) for said, times in Counter(missed).most_common(MOST)]


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else ""


def at(ordered: Sequence[float], quantile: float) -> float:
    return ordered[min(int(len(ordered) * quantile), len(ordered) - 1)]


def show(result: Result) -> None:
    """The mutants that a table counts as bad, for people."""
    for text in result.flagged:
        found, message, _ = analyse(text, result.language)
        _show("flagged", text, found, message, "")
    for case in result.cases:
        text, place = case.mutant.text, case.mutant.place
        what = f"{case.mutant.operation} {text[place.start : place.end]!r} line {case.lines()}"
        if case.found is not None and not case.near(case.line()):
            _show("far", text, case.found, case.message, f"{what}; own: {case.own}")
        elif case.found is None and case.own is not None:
            _show("missed", text, place, "", f"{what}; own: {case.own}")


def _show(kind: str, text: str, span: Span | None, message: str, what: str) -> None:
    span = span or Span(0, 0)
    line = LineTable(text).position(LINES, span.start)[0]
    print(f"--- {kind}: line {line} {text[span.start : span.end]!r} {message} | {what}")
    numbered = [f"{number:4} {content}" for number, content in enumerate(text.split("\n"), start=1)]
    print("\n".join(numbered[max(line - 14, 0) : line + 4]))


MOST = 6
"""Complaints that are shown for each language."""
COLUMNS = ("language", "flagged", "rejected", "missed", "alone", "line", "own", "agree", "span", "distance", "ms")


def main(
    languages: Annotated[list[str] | None, typer.Argument(help="all by default")] = None,
    data: Annotated[Path, typer.Option(help="folder with humaneval-x, mbxp and multipl-e")] = Path("../shared/data"),
    count: Annotated[int, typer.Option(help="mutants of each language")] = 400,
    seed: Annotated[int, typer.Option()] = 0,
    examples: Annotated[bool, typer.Option(help="print what went wrong instead of the table")] = False,
) -> None:
    try:
        wanted = [grammars.get(name).name for name in languages or grammars.names()]
    except grammars.UnknownLanguage as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    table, lax = Table(*COLUMNS, box=box.MARKDOWN), Table("language", "the own parser says", "times", box=box.MARKDOWN)
    for language in track(wanted, console=Console(stderr=True)):
        result = measure(language, data, count, seed)
        if result is None:
            continue
        if examples:
            show(result)
        table.add_row(*row(result))
        for line in laxities(result):
            lax.add_row(*line)
    for each in (table, lax):
        Console(width=140).print(each, markup=False)


if __name__ == "__main__":
    typer.run(main)
