"""python -m analyzers: what analyzers there are, and how to make, check and run one."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import grammars
from analyzers import checkup, inventory, languages, registry, scaffold, serial
from analyzers.command_line import run as run_command
from analyzers.engine import Engine
from analyzers.errors import AnalyzerError
from analyzers.positions import Convention, LineTable
from analyzers.types import Report, Source, Status

REGISTRIES = ("debian", "npm", "pypi")
_COLOURS = {"ready": "green", "missing": "yellow", "failed": "red"}
_MARKS = {
    "passed": "[green]ok[/]",
    "warning": "[yellow]look[/]",
    "missing": "[yellow]missing[/]",
    "failed": "[red]failed[/]",
}

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    no_args_is_help=True,
    help="What analyzers there are, and how to make, check and run one.",
)

Plugins = Annotated[
    list[str] | None, typer.Option("--plugin", metavar="FILE", help="A plugin file, .py or .scm; repeatable.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead.")]


def _with_errors(command: Callable[..., None]) -> Callable[..., None]:
    """An analyzer that cannot be loaded is bad usage here, since it was asked for by name."""

    @wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except AnalyzerError as error:
            raise ValueError(str(error)) from error

    return wrapped


@app.command("list")
@_with_errors
def list_(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="By default all.")] = None,
    language: Annotated[str, typer.Option(help="Only those for this language.")] = "",
    plugin: Plugins = None,
    as_json: Json = False,
) -> None:
    """All analyzers: for what languages, of what kind, and whether they work on this machine."""
    found = inventory.entries(_known(names, plugin))
    if language:
        spoken = grammars.get(language).name
        found = [entry for entry in found if {spoken, "*"} & {*entry.languages}]
    if as_json:
        print(json.dumps([asdict(entry) for entry in found], indent=2))
        return
    table = Table("name", "languages", "kind", "on this machine", title_justify="left")
    for entry in found:
        shown = f"ready {entry.version}" if entry.state == "ready" else f"{entry.state}: {entry.detail}"
        table.add_row(
            f"[bold]{escape(entry.name)}[/]",
            "all" if "*" in entry.languages else ", ".join(entry.languages),
            entry.kind if entry.owner == "built in" else f"{entry.kind} of {escape(entry.owner)}",
            f"[{_COLOURS[entry.state]}]{escape(shown.strip())}[/]",
        )
    Console().print(table)


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As on the command line: no-eval.")],
    kind: Annotated[scaffold.Kind, typer.Option(help="What it is made of.")] = "function",
    language: Annotated[str, typer.Option(help="What it analyses.")] = "python",
    folder: Annotated[Path, typer.Option(help="Where it is written.")] = Path(),
) -> None:
    """Write a plugin that works, with its examples and its test."""
    plugin, test = scaffold.write(name, folder, kind=kind, language=language)
    console = Console(soft_wrap=True)
    console.print(f"wrote {plugin} and {test}", highlight=False, markup=False)
    for command in (f"analyzers check {plugin}", f"pytest {test}", f"rewards FILE --analyzers runtime,{plugin}"):
        console.print(f"  python -m {command}", highlight=False, markup=False)


@app.command()
@_with_errors
def check(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="FILE|NAME...", help="Plugin files, or names of analyzers.")
    ] = None,
    plugin: Plugins = None,
    every: Annotated[
        bool, typer.Option("--all", help="All there are; those whose tools are missing are named.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run the examples of analyzers, try odd programs, and measure their speed; exit status 1 where a check fails."""
    if every == bool(names):
        raise ValueError("expected names of analyzers or plugin files, or --all for all there are")
    logging.getLogger("analyzers.engine").setLevel(logging.ERROR)  # the steps tell what failed
    chosen = _known(names, plugin)
    if every:
        chosen = tuple(name for name in chosen if name != registry.RUNTIME)
    elif registry.RUNTIME in chosen:
        raise ValueError(f"{registry.RUNTIME!r} runs tests and is checked by `python -m analyzers.runtime.doctor`")
    console = Console(quiet=as_json, highlight=False, soft_wrap=True)
    results = {name: _shown(name, checkup.attempt(name) if every else checkup.check(name), console) for name in chosen}
    if as_json:
        print(json.dumps({name: [asdict(step) for step in steps] for name, steps in results.items()}, indent=2))
    elif every:
        console.print(_summary(results))
    raise typer.Exit(1 if any(_worst(steps) is checkup.Result.FAILED for steps in results.values()) else 0)


@app.command()
@_with_errors
def run(
    analyzers: Annotated[str, typer.Argument(metavar="NAMES", help="Names or plugin files, with commas between them.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Programs.")],
    language: Annotated[str, typer.Option(help="By default that of each file's suffix.")] = "",
    plugin: Plugins = None,
    as_json: Json = False,
) -> None:
    """Show what analyzers find in programs; exit status 1 where they find something, or fail."""
    names = _known(registry.split(analyzers), plugin)
    sources = [_source(path, language) for path in files]
    with Engine(names) as engine:
        found = engine.analyze_batch(sources)
    if as_json:
        reports = {str(path): [serial.encode(report) for report in row] for path, row in zip(files, found, strict=True)}
        print(json.dumps(reports, indent=2))
    else:
        for path, source, row in zip(files, sources, found, strict=True):
            for line in (line for report in row for line in _lines(str(path), source, report)):
                print(line)
    clean = all(report.status is Status.OK and not report.diagnostics for row in found for report in row)
    raise typer.Exit(0 if clean else 1)


@app.command()
@_with_errors
def packages(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[debian|npm|pypi] [NAME...]", help="One registry, and analyzers; by default all."),
    ] = None,
    plugin: Plugins = None,
) -> None:
    """What would install the tools that are missing, one a line."""
    words = arguments or []
    chosen = words[0] if words and words[0] in REGISTRIES else ""
    for package in inventory.packages(inventory.entries(_known(words[bool(chosen) :], plugin)), chosen):
        print(package)


@app.command("languages")
def languages_() -> None:
    """What is done for each language, and by what, as the README's table."""
    print(languages.markdown())


def main() -> None:
    """Entry point of the console script."""
    run_command(app, prog="python -m analyzers")


def _known(names: Sequence[str] | None, plugins: Sequence[str] | None) -> tuple[str, ...]:
    for path in plugins or ():
        registry.add(path)
    return registry.check(names) if names else registry.names()


def _shown(name: str, steps: Iterable[checkup.Step], console: Console) -> list[checkup.Step]:
    """The steps, each printed when it is done."""
    console.print(f"[bold]{escape(name)}[/]")
    found = []
    for step in steps:
        found.append(step)
        console.print(f"  {_MARKS[step.result]} {step.name}: {escape(step.detail)}")
    return found


def _worst(steps: Sequence[checkup.Step]) -> checkup.Result:
    return max((step.result for step in steps), key=list(checkup.Result).index)


def _summary(results: Mapping[str, Sequence[checkup.Step]]) -> str:
    """How many analyzers keep what they promise, and which do not, or could not be asked."""
    worst = {name: _worst(steps) for name, steps in results.items()}
    bad = [result for result in (checkup.Result.FAILED, checkup.Result.MISSING) if result in worst.values()]
    named = (f"{result}: {', '.join(name for name in worst if worst[name] is result)}" for result in bad)
    sound = sum(result not in bad for result in worst.values())
    return "; ".join([f"{sound} of {len(worst)} analyzers are sound", *named])


def _source(path: Path, language: str) -> Source:
    try:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise ValueError(f"cannot read the program {str(path)!r}: {error.strerror}") from error
    known = grammars.get(language) if language else grammars.by_suffix(path.suffix)
    if known is None:
        raise ValueError(f"no language has files like {str(path)!r}; give --language")
    return Source(text, known.name)


def _lines(path: str, source: Source, report: Report) -> list[str]:
    if report.status is not Status.OK:
        return [f"{path}: {report.analyzer} is {report.status.replace('_', ' ')}: {report.detail}"]
    table = LineTable(source.text)
    found = []
    for one in report.diagnostics:
        line, column = table.position(Convention(), one.span.start)
        said = " ".join(one.message.split())
        found.append(f"{path}:{line}:{column}: {one.severity.name.lower()}: {said} [{report.analyzer}/{one.code}]")
    return found


if __name__ == "__main__":
    main()
