"""How often each rule of each analyzer fires on programs that pass their tests and on programs that fail them.

    python benchmarks/rules.py --write            # docs/rules.md, and the rules that are off by default

Right and wrong is what `analyzers.runtime` says of a program on its tests:

- Python: the references of HumanEval and MBPP, and what CodeGen-16B wrote for HumanEval, `--samples` of its programs
  for each problem. The wrong ones among these are what a model gets wrong.
- Other languages: the references of HumanEval-X and MBXP, and where there are none (Bash, D, Lua, Perl, R, Racket,
  Scala) a model's answers to MultiPL-E, at most `--count` of each language. Those that pass their tests show false
  alarms. Those that fail are counted apart and decide nothing: they are what a converter or a harness got wrong at
  least as often as a model.

A rule counts once in a program, and only where it marks what was sampled (not the given prompt). Rates have Wilson's
95% intervals. A rule is off by default where it cannot tell right from wrong: it fired on at least `MIN_RIGHT` right
programs, and

- with wrong programs at hand, the interval of its rate on wrong ones does not lie above that on right ones. Samples are
  compared with samples, because references are written in another hand; where a rule fired on too few of them, all
  right programs are compared with the wrong samples;
- without any, the whole interval of its false alarms lies above `MAX_FALSE_ALARMS`.

Never off are syntax errors, which have the compiler to contradict them, and security rules, which are not about the
tests: code run from strings hides from every other rule. Regenerate after an analyzer or its rules have changed.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import programs
import typer
from programs import Program
from rich.console import Console

from analyzers import registry, runtime
from analyzers.engine import Engine
from analyzers.errors import AnalyzerError
from analyzers.types import Diagnostic, Kind, Outcome, Report, Severity, Source, Span, Status
from rewards.schemes.pricing import hard
from rewards.schemes.regions import sampled

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "rules.md"
TABLE = ROOT / "rewards" / "schemes" / "noise.toml"
MIN_RIGHT = 10
MAX_FALSE_ALARMS = 0.01
Z = 1.96
KEPT = (Kind.SYNTAX, Kind.SECURITY)
REFERENCE, RIGHT, WRONG, FAILING = "references", "right samples", "wrong samples", "failing references"
COLUMNS = (REFERENCE, RIGHT, WRONG, FAILING)

console = Console(stderr=True)


@dataclass(slots=True)
class Rule:
    """What a rule did."""

    kind: Kind
    severity: Severity
    fired: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Audit:
    """What the rules of an analyzer did in a number of programs."""

    analyzed: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    rules: dict[str, Rule] = field(default_factory=dict)

    def add(self, column: str, source: Source, report: Report) -> None:
        """Counts what one report says of one program."""
        if report.status is not Status.OK:
            self.failed += report.status is not Status.NOT_APPLICABLE
            return
        self.analyzed[column] += 1
        marking = [item for item in report.diagnostics if sampled(source, item.span) is not None]
        worst: dict[str, Diagnostic] = {}
        for item in sorted(marking, key=lambda item: item.severity):
            worst[item.code] = item
        for code, item in worst.items():
            self.rules.setdefault(code, Rule(item.kind, item.severity)).fired[column] += 1

    def off(self, code: str) -> bool:
        """Whether a rule cannot tell right programs from wrong ones."""
        rule, total = self.rules[code], self.analyzed
        if rule.kind in KEPT or rule.fired[REFERENCE] + rule.fired[RIGHT] < MIN_RIGHT:
            return False
        if not total[WRONG]:
            return wilson(rule.fired[REFERENCE], total[REFERENCE])[0] > MAX_FALSE_ALARMS
        right = (rule.fired[RIGHT], total[RIGHT])
        if rule.fired[RIGHT] < MIN_RIGHT:
            right = (rule.fired[RIGHT] + rule.fired[REFERENCE], total[RIGHT] + total[REFERENCE])
        return wilson(rule.fired[WRONG], total[WRONG])[0] <= wilson(*right)[1]


def wilson(fired: int, total: int) -> tuple[float, float]:
    """Wilson's interval of a rate (E. B. Wilson, 1927)."""
    if not total:
        return 0.0, 1.0
    rate, weight = fired / total, Z * Z / total
    middle = (rate + weight / 2) / (1 + weight)
    half = Z * math.sqrt(rate * (1 - rate) / total + weight / (4 * total)) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)


def installed() -> list[str]:
    """The analyzers that run on this machine."""
    found = []
    for name in registry.names():
        if name == registry.RUNTIME:
            continue
        try:
            registry.get(name).fingerprint()
        except AnalyzerError as error:
            console.print(f"{name}: left out: {error}", highlight=False)
        else:
            found.append(name)
    return found


def judged(found: Sequence[Program]) -> Iterator[tuple[Program, bool]]:
    """The programs with their verdicts; those without one are left out."""
    limits = runtime.Limits(timeout_s=10.0)
    futures = [
        runtime.submit(program.source if program.run is None else Source(program.run, program.source.language),
                       program.tests, limits)
        for program in found
    ]  # fmt: skip
    for program, future in zip(found, futures, strict=True):
        verdict = future.result().verdict
        if verdict is not None and verdict.outcome is not Outcome.INFRASTRUCTURE:
            yield program, verdict.outcome is Outcome.PASS


def columns(language: str, each: int, count: int) -> Iterator[tuple[str, Program]]:
    """The programs of a language, each with what it is."""
    given = programs.references(language)
    by_origin: dict[str, list[Program]] = defaultdict(list)
    for program in given:
        by_origin[program.origin].append(program)
    if language != "python":
        given = [program for some in by_origin.values() for program in programs.spread(some, count // len(by_origin))]
    for program, passes in judged(given):
        yield (REFERENCE if passes else FAILING), program
    if language == "python":
        for program, passes in judged(programs.samples(each)):
            yield (RIGHT if passes else WRONG), program


def audit(names: Sequence[str], languages: Iterable[str], each: int, count: int) -> dict[str, Audit]:
    audits = {name: Audit() for name in names}
    with Engine(names) as engine:
        for language in languages:
            found = list(columns(language, each, count))
            said = Counter(column for column, _ in found)
            console.print(f"{language}: {dict(said)}", highlight=False)
            for (column, program), reports in zip(
                found, engine.analyze_batch([program.source for _, program in found]), strict=True
            ):
                for report in reports:
                    audits[report.analyzer].add(column, program.source, report)
            runtime.close()
    return audits


def spoken(names: Iterable[str]) -> list[str]:
    """The languages of the analyzers for which there are programs."""
    wanted = {language for name in names for language in registry.get(name).languages}
    return [language for language in programs.LANGUAGES if language in wanted or "*" in wanted]


def of_what(name: str) -> str:
    return f"{name} ({', '.join(registry.get(name).languages)})"


def hard_alarms(audits: dict[str, Audit]) -> Iterator[str]:
    """The rules that are charged whether a program passes or not, and that fired on some that do."""
    yield "Rules that are charged on failing programs too (`rewards.schemes.pricing.hard`) and fired on some that pass:"
    yield ""
    yield "| analyzer | rule | kind | severity | right programs | default |"
    yield "|---|---|---|---|---|---|"
    for name, audit in audits.items():
        total = audit.analyzed[REFERENCE] + audit.analyzed[RIGHT]
        for code, rule in sorted(audit.rules.items()):
            fired = rule.fired[REFERENCE] + rule.fired[RIGHT]
            if fired and hard(Diagnostic(name, code, rule.severity, "", Span(0, 0), rule.kind)):
                cells = [name, code, rule.kind.value, rule.severity.name.lower(), cell(fired, total)]
                yield f"| {' | '.join([*cells, 'off' if audit.off(code) else 'on'])} |"


def table(audit: Audit) -> Iterator[str]:
    total = audit.analyzed
    shown = [column for column in COLUMNS if total[column]]
    heads = [f"{column} ({total[column]})" for column in shown]
    yield f"| rule | kind | severity | {' | '.join(heads)} | ratio | default |"
    yield f"|---|---|---|{'---|' * len(shown)}---|---|"
    for code, rule in sorted(audit.rules.items(), key=lambda pair: (-sum(pair[1].fired.values()), pair[0])):
        cells = [code, rule.kind.value, rule.severity.name.lower()]
        cells += [cell(rule.fired[column], total[column]) for column in shown]
        yield f"| {' | '.join([*cells, ratio(rule, total), 'off' if audit.off(code) else 'on'])} |"


def cell(fired: int, total: int) -> str:
    low, high = wilson(fired, total)
    return f"{fired}: {100 * fired / total:.1f}% [{100 * low:.1f}, {100 * high:.1f}]" if fired else "0"


def ratio(rule: Rule, total: Counter[str]) -> str:
    """How many times as often the rule fires on wrong samples as on right programs."""
    right, all_right = rule.fired[REFERENCE] + rule.fired[RIGHT], total[REFERENCE] + total[RIGHT]
    if not total[WRONG] or not all_right:
        return ""
    wrong = rule.fired[WRONG] / total[WRONG]
    return f"{wrong * all_right / right:.1f}" if right else "∞" if wrong else ""


def document(audits: dict[str, Audit], each: int, count: int, spoken: Sequence[str]) -> str:
    assert __doc__ is not None
    options = f"--samples {each} --count {count} --languages {','.join(spoken)}"
    text = ["# Rules", "", f"Written by `python benchmarks/rules.py {options} --write`.", ""]
    text += [__doc__.partition("\n\n")[2].partition("\n\n")[2].strip(), ""]
    text += [
        "Cells are the number of programs in which a rule fired, their share, and its interval. `ratio` is the rate on"
    ]
    text += [
        "wrong samples over that on right programs of all kinds. Rules that never fired are not listed; they are on."
    ]
    text += ["", "## Hard errors on right programs", "", *hard_alarms(audits)]
    unheard = [of_what(name) for name, found in audits.items() if not found.analyzed]
    if unheard:
        text += ["", f"Not audited, for want of published programs with tests: {', '.join(unheard)}."]
    for name, found in audits.items():
        if not found.analyzed:
            continue
        text += ["", f"## {name}", ""]
        if found.failed:
            text += [f"Reports that were not made: {found.failed}.", ""]
        text += table(found) if found.rules else ["No rule fired."]
    return "\n".join(text) + "\n"


def settings(audits: dict[str, Audit]) -> str:
    lines = [
        "# Rules that cannot tell right programs from wrong ones, by analyzer: they are shown and cost nothing.",
        "# Written by benchmarks/rules.py; docs/rules.md has the figures.",
        "",
    ]
    for name, found in audits.items():
        off = sorted(code for code in found.rules if found.off(code))
        if off:
            lines += [f'"{name}" = [', *(f'    "{code}",' for code in off), "]"]
    return "\n".join(lines) + "\n"


def main(
    analyzers: Annotated[str, typer.Option(help="Some analyzers only, with commas between them.")] = "",
    languages: Annotated[str, typer.Option(help="Some languages only, with commas between them.")] = "",
    samples: Annotated[int, typer.Option(help="Samples of each problem of HumanEval.")] = 12,
    count: Annotated[int, typer.Option(help="References of each other language.")] = 160,
    write: Annotated[bool, typer.Option(help="Write docs/rules.md and the table of rules that are off.")] = False,
) -> None:
    names = list(registry.check(registry.split(analyzers))) if analyzers else installed()
    wanted = list(registry.split(languages)) or spoken(names)
    audits = audit(names, wanted, samples, count)
    if write:
        DOCUMENT.write_text(document(audits, samples, count, wanted), encoding="utf-8")
        TABLE.write_text(settings(audits), encoding="utf-8")
        console.print(f"wrote {DOCUMENT} and {TABLE}")
    else:
        print(document(audits, samples, count, wanted))
        print(settings(audits))


if __name__ == "__main__":
    typer.run(main)
