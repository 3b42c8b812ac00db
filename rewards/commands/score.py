"""python -m rewards [score] FILE... --tests TESTS: scores programs and shows where they are wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rewards import Outcome, Score, jsonable, render
from rewards.commands.settings import Settings, with_settings
from rewards.sarif import to_sarif

HELP = """Scores programs by their tests and by what analyzers find, and shows where they are wrong.

[bold]Examples[/bold]

python -m rewards add.py --tests "assert add(1, 2) == 3"

python -m rewards add.py --tests tests.json --analyzers runtime,pylint,ruff --html scores.html

python -m rewards add.py --analyzers 'pyflakes,"sarif:mylint --format=sarif {files}"' --sarif scores.sarif

model | python -m rewards - --tests tests.py --scheme rltf --scheme-arg alpha_cap=4 --json

[bold]Exit status[/bold]: 0 every program passes its tests (without tests: nothing is charged), 1 not, 2 bad usage.
"""


@with_settings
def run(
    paths: Annotated[list[str], typer.Argument(metavar="FILE...", help="Programs; '-' reads a completion from stdin.")],
    settings: Settings,
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
    scores = settings.score(paths)
    if html is not None:
        html.write_text(render.to_html(scores, title="spanwise scores"), encoding="utf-8")
    if sarif is not None:
        sarif.write_text(json.dumps(to_sarif(scores), indent=2), encoding="utf-8")
    if as_json:
        print(json.dumps([jsonable(one) for one in scores], indent=2))
    else:
        show(scores)
    raise typer.Exit(0 if all(passes(one, tested=bool(settings.tests)) for one in scores) else 1)


def passes(score: Score, *, tested: bool) -> bool:
    """Whether all tests pass; where there are none, whether nothing was charged."""
    if tested:
        return score.outcome is Outcome.PASS
    return not any(charge.amount for charge in score.charges)


def show(scores: Sequence[Score], *, explained: bool = False) -> None:
    """Prints every score, with its name above where there is more than one."""
    console = Console()
    for one in scores:
        if len(scores) > 1:
            # Plain and whole: a rule would cut a long path at the width of the screen.
            name = render.visible(one.task_id)
            console.print(name, style="bold", markup=False, highlight=False, soft_wrap=True)
        console.print(render.to_terminal(one, explained=explained))
