"""What an analyzer must stand before it may reward anything: its examples, odd programs, and the clock."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import grammars
from analyzers import examples, registry
from analyzers.engine import Engine
from analyzers.errors import AnalyzerError, ToolMissing
from analyzers.examples import Example, Examples
from analyzers.types import Diagnostic, Report, Source, Status

ROUNDS = 20
"""Programs on which the speed of a warm worker is measured, at least."""
ASTRAL = "😀"
"""One code point, two UTF-16 units, four bytes."""
ODD = {
    "empty": "",
    "blank": "\n \t\n\n",
    "no line feed": "x",
    "byte order mark": "\ufeffx\n",
    "carriage returns": "x\ry\r\nz\r",
    "form feed, line separator": "x\x0c\ny\u2028z\n",
    "null": "x\x00y\n",
    "lone surrogate": "x\ud800y\n",
    "combining, right to left": "e\u0301 \u202eabc\n",
    "not closed": '(((("é😀\n',
    "only signs": "}{)(][;;,,\\\n",
}
"""Short programs that no language promises to take; an analyzer may find what it likes in them, or nothing."""
LARGE = {
    "20,000 lines": "x = 1;\n" * 20_000,
    "one line of 200,000": "x + " * 50_000 + "x\n",
    "5,000 brackets deep": "(" * 5_000 + ")" * 5_000 + "\n",
}
"""Programs that an analyzer may give up on in time, but must not take its worker with it."""


class Result(StrEnum):
    """How one check came out, from best to worst; a WARNING is the author's to judge."""

    PASSED = "passed"
    WARNING = "warning"
    MISSING = "missing"
    """What the analyzer runs is not installed, so that nothing is known of it."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Step:
    """One check: what was looked at, how it came out, and what was seen."""

    name: str
    result: Result
    detail: str


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds for one program."""

    cold_ms: float
    """The first one, with the start of the worker process."""
    warm_ms: float
    """Median of those that follow one by one."""
    batch_ms: float
    """Each of many at once."""


def unmet(name: str) -> list[str]:
    """What the examples promise and the analyzer does not keep, one line each; it runs in this process.

    Raises:
        analyzers.errors.ToolMissing: it cannot work here; the message says what to install.
        analyzers.examples.BadExamples: the examples have another form.
    """
    analyzer, known = registry.get(name), examples.of(name)
    registry.fingerprint(name)
    if not known.good or not known.bad:
        return [f"{name} needs GOOD and BAD examples; it has {len(known.good)} and {len(known.bad)}"]
    items = [*known.good, *known.bad]
    found = analyzer.run([item.source for item in items])
    return [line for item, diagnostics in zip(items, found, strict=True) if (line := _unmet(item, diagnostics))]


def check(name: str) -> Iterator[Step]:
    """Every check of one analyzer, one after the other; programs are analysed as the engine does it.

    Raises:
        analyzers.registry.UnknownAnalyzer: with the closest names.
        analyzers.errors.AnalyzerError: it cannot be loaded, or what it needs is not installed.
        analyzers.examples.BadExamples: the examples have another form.
    """
    analyzer = registry.get(name)
    registry.fingerprint(name)
    known = examples.of(name)
    language = examples.first_language(analyzer)
    with Engine([name], workers=1, cache_size=0) as engine:
        yield from _examples(engine, known)
        yield _positions(engine, known)
        yield _repeatable(engine, name, known)
        yield _odd(engine, language)
        yield _large(engine, language)
    speed = measure(name, [item.source for item in (*known.good, *known.bad)] or [Source("x\n", language)])
    detail = (
        f"{speed.cold_ms:.0f} ms cold, {speed.warm_ms:.2f} ms warm, {speed.batch_ms:.2f} ms each of {ROUNDS} at once"
    )
    yield Step("speed", Result.PASSED, f"{detail}; examples of {_lines(known)} lines")


def attempt(name: str) -> Iterator[Step]:
    """As `check`, but an analyzer that cannot be asked is a step that says why."""
    try:
        yield from check(name)
    except ToolMissing as error:
        yield Step("tool", Result.MISSING, " ".join(str(error).split()))
    except (AnalyzerError, examples.BadExamples) as error:
        yield Step("tool", Result.FAILED, " ".join(str(error).split()))


def measure(name: str, sources: Sequence[Source]) -> Speed:
    """How long programs take, each at least a little different, so that no cache answers."""
    different = [
        replace(source, text=f"{source.text}{' ' * index}")
        for index in range(1 + ROUNDS // len(sources))
        for source in sources
    ][: max(ROUNDS, len(sources))]
    with Engine([name], workers=1, cache_size=0) as engine:
        start = time.perf_counter()
        engine.analyze_batch(different[:1])
        cold = time.perf_counter() - start
        times = []
        for source in different:
            start = time.perf_counter()
            engine.analyze_batch([source])
            times.append(time.perf_counter() - start)
        start = time.perf_counter()
        engine.analyze_batch(different)
        batch = (time.perf_counter() - start) / len(different)
    return Speed(1000 * cold, 1000 * statistics.median(times), 1000 * batch)


def _examples(engine: Engine, known: Examples) -> Iterator[Step]:
    for name, items in (("good examples", known.good), ("bad examples", known.bad)):
        if not items and ":" in engine.analyzers[0]:  # made of its name alone, which has no room for examples
            yield Step(name, Result.WARNING, "there are none")
        elif not items:
            yield Step(name, Result.FAILED, f"there are none; give {name.split()[0].upper()}")
        else:
            yield _kept(engine, name, items)


def _kept(engine: Engine, name: str, items: Sequence[Example]) -> Step:
    wrong = [line for item, report in _analysed(engine, items) if (line := _wrong(item, report))]
    return Step(name, Result.FAILED if wrong else Result.PASSED, "; ".join(wrong[:3]) or f"{len(items)} as expected")


def _positions(engine: Engine, known: Examples) -> Step:
    """Spans must follow their text when characters move that bytes, UTF-16 units and code points count differently."""
    if not known.bad:
        return Step("positions", Result.WARNING, "no BAD example, no telling")
    if not any(tells_units_apart(item) for item in known.bad):
        return Step("positions", Result.FAILED, f"no BAD example has {ASTRAL!r} before the defect on its line")
    moved = [(item, _moved(item)) for item in known.bad if _moved(item) != item]
    before = _analysed(engine, [item for item, _ in moved])
    after = _analysed(engine, [item for _, item in moved])
    for (item, here), (shifted, there) in zip(before, after, strict=True):
        distance = len(shifted.program) - len(item.program)
        expected = {(found.code, found.span.start + distance, found.span.end + distance) for found in here.diagnostics}
        seen = {(found.code, found.span.start, found.span.end) for found in there.diagnostics}
        if expected != seen:
            return Step("positions", Result.FAILED, f"spans do not follow a line {shifted.program[:distance]!r} above")
    return Step("positions", Result.PASSED, f"with {ASTRAL!r} before the defect, and in {len(moved)} moved programs")


def _repeatable(engine: Engine, name: str, known: Examples) -> Step:
    """The same answers again, in another order, and in another process."""
    items = [*known.good, *known.bad]
    first = [report.diagnostics for _, report in _analysed(engine, items)]
    again = [report.diagnostics for _, report in _analysed(engine, items[::-1])][::-1]
    with Engine([name], workers=1, cache_size=0) as other:
        elsewhere = [report.diagnostics for _, report in _analysed(other, items)]
    for item, *answers in zip(items, first, again, elsewhere, strict=True):
        if any(answer != answers[0] for answer in answers):
            return Step("repeatable", Result.FAILED, f"other findings the second time on {_short(item.program)}")
    return Step("repeatable", Result.PASSED, "the same findings in another order and another process")


def _odd(engine: Engine, language: str) -> Step:
    failed = [
        f"{name}: {report.status} ({report.detail[:120]})"
        for name, text in ODD.items()
        if (report := _report(engine, text, language)).status is not Status.OK
    ]
    result = Result.FAILED if failed else Result.PASSED
    return Step("odd programs", result, "; ".join(failed[:3]) or f"{len(ODD)} taken")


def _large(engine: Engine, language: str) -> Step:
    reports = {name: _report(engine, text, language) for name, text in LARGE.items()}
    given_up = [report for report in reports.values() if report.status is not Status.OK]
    shown = ", ".join(f"{name}: {report.status} in {report.seconds:.1f} s" for name, report in reports.items())
    shown += "".join(f"; {report.detail[:100]}" for report in given_up[:1])
    if _report(engine, "x\n", language).status is not Status.OK:
        return Step("large programs", Result.FAILED, f"{shown}; after them even a short one fails")
    return Step("large programs", Result.WARNING if given_up else Result.PASSED, shown)


def tells_units_apart(item: Example) -> bool:
    """Whether code points, bytes and UTF-16 units count differently up to the end of the defect on its line."""
    return ASTRAL in item.program[: item.program.find(item.text) + len(item.text)].rpartition("\n")[2]


def _moved(item: Example) -> Example:
    """The program below a comment; itself where its language has none, or minds its first line."""
    mark = grammars.get(item.language).line_comment
    if not mark or item.program.startswith(("#!", "<?", "\ufeff")):
        return item
    return replace(item, program=f"{mark} é{ASTRAL}\n{item.program}")


def _analysed(engine: Engine, items: Sequence[Example]) -> list[tuple[Example, Report]]:
    reports = engine.analyze_batch([item.source for item in items])
    return [(item, report) for item, (report,) in zip(items, reports, strict=True)]


def _report(engine: Engine, text: str, language: str) -> Report:
    ((report,),) = engine.analyze_batch([Source(text, language)])
    return report


def _wrong(item: Example, report: Report) -> str:
    if report.status is not Status.OK:
        return f"{report.status} on {_short(item.program)}: {report.detail}"
    return _unmet(item, report.diagnostics)


def _unmet(item: Example, diagnostics: Sequence[Diagnostic]) -> str:
    found = [(one.code, item.program[one.span.start : one.span.end]) for one in diagnostics]
    if not item.text and found:
        return f"expected nothing in {_short(item.program)}, found {found[:3]}"
    if item.text and not any(text == item.text and item.code in ("", code) for code, text in found):
        return f"expected {(item.code, item.text)} in {_short(item.program)}, found {found[:3] or 'nothing'}"
    return ""


def _lines(known: Examples) -> str:
    counts = sorted(len(item.program.splitlines()) for item in (*known.good, *known.bad))
    return f"{counts[0]} to {counts[-1]}" if counts else "no"


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
