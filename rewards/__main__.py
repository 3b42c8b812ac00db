"""python -m rewards FILE... --tests TESTS: scores programs and shows where they are wrong."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

import grammars
from analyzers import command_line, registry
from analyzers.runtime import tests as suites
from rewards import Outcome, Score, jsonable, render
from rewards.sarif import to_sarif
from rewards.scorer import ANALYZERS, ISOLATION, SCHEME, Scorer
from rewards.types import Item

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")


class BadUsage(ValueError):
    """What was asked for cannot be done; the message is one line."""


@app.command(
    help="""Scores programs by their tests and by what analyzers find, and shows where they are wrong.

[bold]Examples[/bold]

python -m rewards add.py --tests "assert add(1, 2) == 3"

python -m rewards add.py --tests tests.json --analyzers runtime,pylint,ruff --html scores.html

python -m rewards add.py --analyzers 'pyflakes,"sarif:mylint --format=sarif {files}"' --sarif scores.sarif

model | python -m rewards - --tests tests.py --scheme rltf --scheme-arg alpha_cap=4 --json

[bold]Exit status[/bold]: 0 every program passes its tests (without tests: nothing is charged), 1 not, 2 bad usage.
"""
)
def score(
    paths: Annotated[list[str], typer.Argument(metavar="FILE...", help="Programs; '-' reads a completion from stdin.")],
    tests: Annotated[
        str,
        typer.Option(
            metavar="TESTS",
            help="A JSON file (asserts, check, function + cases, stdio, append), a .py file of asserts, or an assert.",
        ),
    ] = "",
    language: Annotated[str, typer.Option(help="Name of the language; by default that of the file's suffix.")] = "",
    analyzers: Annotated[
        str, typer.Option(help="Names with commas between them; `python -m analyzers list` shows them.")
    ] = ",".join(ANALYZERS),
    plugin: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="A .py or .scm file whose analyzers run, too; repeatable.")
    ] = None,
    scheme: Annotated[
        str, typer.Option(help="How findings become a reward: static, rltf, binary, pass_ratio.")
    ] = SCHEME,
    scheme_arg: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="An option of the scheme.")] = None,
    isolation: Annotated[
        str, typer.Option(help="Weakest tier at which programs may run: strict, standard, weak, none.")
    ] = ISOLATION,
    cache: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep results there for other runs.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="OUT", help="Also write a self-contained page.")] = None,
    sarif: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Also write SARIF 2.1.0, for editors and code hosts.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON instead.")] = False,
) -> None:
    """Scores the programs and shows the scores; ends in `typer.Exit` with 0 or 1.

    Raises:
        ValueError: an argument makes no sense; the message is one line.
        OSError: the page or the log cannot be written, or programs cannot be isolated as well as is demanded.
    """
    suite = read_tests(tests) if tests else None
    items = [read_program(path, language, suite) for path in paths]
    names = [*registry.chosen(registry.split(analyzers), plugin or ())]
    spec = scheme, dict(map(option, scheme_arg or ()))
    with Scorer(names, scheme=spec, isolation=isolation, cache=cache) as scorer:
        scores = scorer.score_batch(items)
    if html is not None:
        html.write_text(render.to_html(scores, title="spanwise scores"), encoding="utf-8")
    if sarif is not None:
        sarif.write_text(json.dumps(to_sarif(scores), indent=2), encoding="utf-8")
    if as_json:
        print(json.dumps([jsonable(one) for one in scores], indent=2))
    else:
        show(scores)
    raise typer.Exit(0 if all(passes(one, tested=suite is not None) for one in scores) else 1)


def passes(score: Score, *, tested: bool) -> bool:
    """Whether all tests pass; where there are none, whether nothing was charged."""
    if tested:
        return score.outcome is Outcome.PASS
    return not any(charge.amount for charge in score.charges)


def read_program(path: str, language: str, tests: suites.Tests | None) -> Item:
    """A file is a program as it stands; what comes from stdin is a completion, in which the program is looked for.

    Raises:
        BadUsage: it cannot be read, or its language is not known.
    """
    if path == "-":
        data, suffix = sys.stdin.buffer.read(), ""
    else:
        try:
            data, suffix = Path(path).read_bytes(), Path(path).suffix
        except OSError as error:
            raise BadUsage(f"cannot read the program {path!r}: {error.strerror}") from error
    known = grammars.by_suffix(suffix) if suffix else None
    if suffix and not (known or language):
        suffixes = [suffix for name in grammars.names() for suffix in grammars.get(name).suffixes]
        raise BadUsage(f"no language has files like {path!r}; give --language, or one of {', '.join(suffixes)}")
    text = data.decode("utf-8", "surrogateescape")
    name = grammars.get(language).name if language else known.name if known else "python"
    return Item(text, name, tests, task_id="stdin" if path == "-" else path, raw=path != "-")


def read_tests(given: str) -> suites.Tests:
    """A suite from a file or from an assert statement on the command line.

    Raises:
        BadUsage: there is no such file, or it holds no JSON or no Python.
        analyzers.runtime.tests.BadTests: it holds no test suite.
    """
    if given.startswith("assert ") or given.startswith("assert("):
        return asserts(given, "--tests")
    path = Path(given)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise BadUsage(
            f"cannot read the tests {given!r}: {reason}; expected a JSON file, a .py file of assert statements,"
            " or 'assert ...'"
        ) from error
    if path.suffix == ".py":
        return asserts(text, given)
    try:
        return suites.parse(json.loads(text))
    except json.JSONDecodeError as error:
        raise BadUsage(f"the tests {given!r} are no JSON: {error}") from error


def asserts(text: str, where: str) -> suites.Asserts:
    """Each assert statement is a test; the statements before and between them are the setup.

    Raises:
        BadUsage: it is no Python, or there is no assert statement in it.
    """
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError) as error:
        raise BadUsage(f"the tests in {where} are no Python: {error}") from error
    statements = tuple(ast.unparse(node) for node in body if isinstance(node, ast.Assert))
    if not statements:
        raise BadUsage(f"no assert statement stands at the top level of {where}")
    setup = "\n".join(ast.unparse(node) for node in body if not isinstance(node, ast.Assert))
    return suites.Asserts(statements, setup)


def option(given: str) -> tuple[str, Any]:
    """KEY=VALUE as a name and a JSON value, or a string where it is none.

    Raises:
        BadUsage: there is no `=`.
    """
    key, equals, value = given.partition("=")
    if not equals:
        raise BadUsage(f"--scheme-arg takes KEY=VALUE, got {given!r}")
    try:
        return key, json.loads(value.lower() if value in ("True", "False") else value)
    except json.JSONDecodeError:
        return key, value


def show(scores: list[Score]) -> None:
    """Prints every score, with its name above where there is more than one."""
    console = Console()
    for one in scores:
        if len(scores) > 1:
            # Plain and whole: a rule would cut a long path at the width of the screen.
            console.print(one.task_id, style="bold", markup=False, highlight=False, soft_wrap=True)
        console.print(render.to_terminal(one))


def main() -> None:
    """Runs the command; whatever is wrong with its arguments ends in one line and exit status 2."""
    command_line.run(app, prog="python -m rewards")


if __name__ == "__main__":
    main()
