"""Does finer feedback help? RLTF's two ablations (arXiv 2307.04349, tables 4 and 5) on small programs.

    python -m benchmarks.ablation --out runs/ablation --jobs 2
    python -m benchmarks.ablation --out runs/ablation --write docs/results.md       # the same, and its tables
    python -m benchmarks.ablation --out runs/ablation --report-only                  # from what is finished
    python -m benchmarks.ablation --out runs/ablation --rows grpo-binary,online-blamed --seeds 15 \\
        --write docs/results.md --marks blamed
    python -m benchmarks.ablation --out runs/mbpp --tasks mbpp:PATH --model smollm2 --rows grpo-binary,online-adaptive

Run again to go on: finished runs are not made again, others go on from their last checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from signal import SIGTERM, signal
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.ablation import families, pool, tables
from benchmarks.ablation.figures import Result, result
from benchmarks.ablation.rows import PRETRAINED_RATES, RATES, ROWS, Row, Size
from benchmarks.ablation.runs import Cell, Grid, check, perform
from benchmarks.marks import replaced
from rewards.registry import did_you_mean

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130
ATTEMPTS = 2
"""How often a run that fails is begun or gone on with."""
SIZE = Size()
MARKS = "ablation"


def main(
    tasks: Annotated[
        str, typer.Option(help="Families, separated by commas: short, long, or a task set such as mbpp:PATH.")
    ] = "short,long",
    model: Annotated[str, typer.Option(help="Model for task sets other than short and long.")] = "smollm2",
    rows: Annotated[str, typer.Option(help=f"Rows, separated by commas: all, or {', '.join(ROWS)}.")] = "all",
    seeds: Annotated[int, typer.Option(help="Measured runs of each row.", min=1)] = 5,
    tuning_seeds: Annotated[int, typer.Option(help="Runs of each row with each step size.", min=1)] = 1,
    rates: Annotated[
        str | None, typer.Option(help="Step sizes that are tried, separated by commas; by default three for the model.")
    ] = None,
    steps: Annotated[int, typer.Option(help="Optimiser steps of a run.", min=1)] = SIZE.steps,
    every: Annotated[int, typer.Option(help="Steps from one measurement to the next.", min=1)] = SIZE.every,
    round_tasks: Annotated[int, typer.Option(help="Tasks of a step.", min=1)] = SIZE.tasks,
    samples: Annotated[int, typer.Option(help="Programs for each of them.", min=2)] = SIZE.samples,
    measured_tasks: Annotated[int, typer.Option(help="Held-out tasks.", min=1)] = SIZE.measured_tasks,
    measured_samples: Annotated[int, typer.Option(help="Programs for each of them.", min=1)] = SIZE.measured_samples,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="SECTION.KEY=VALUE of all runs' configuration; repeatable.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of tasks, models and runs; run again to go on.")] = Path(
        "runs/ablation"
    ),
    jobs: Annotated[int, typer.Option(help="Runs at a time, one thread each.", min=1)] = 2,
    report_only: Annotated[bool, typer.Option(help="Make no runs; show what is finished.")] = False,
    write: Annotated[
        Path | None, typer.Option(help="Write the tables between the marks of this document, and the charts beside it.")
    ] = None,
    marks: Annotated[str, typer.Option(help="Name of these marks, and of the charts.")] = MARKS,
) -> None:
    """Train each row with step sizes tuned alike, from several seeds, and compare the rows on held-out tasks."""
    console = Console(soft_wrap=True, highlight=False)
    size = Size(steps, round_tasks, samples, every, measured_tasks, measured_samples)
    with _bad_input_in_one_line():
        chosen, tried = _rows(rows), _numbers(rates)
        if write is not None:
            replaced(write.read_text(encoding="utf-8"), marks, "")
        found = [_family(name.strip(), model, out, console) for name in tasks.split(",")]
        grids = [
            Grid(
                family,
                out.resolve(),
                chosen,
                size,
                seeds=seeds,
                tuning_seeds=tuning_seeds,
                rates=tried or (RATES if family.embedded else PRETRAINED_RATES),
                overrides=tuple(overrides or ()),
            )
            for family in found
        ]
        for grid in grids:
            check(grid)
    status = 0
    try:
        if not report_only:
            signal(SIGTERM, _interrupt)
            status = _work(grids, jobs, console)
    except KeyboardInterrupt:
        status = INTERRUPTED
        console.print("stopped; run the same command again to go on", style="yellow")
    _report(grids, write, marks, console)
    raise typer.Exit(status)


def _work(grids: list[Grid], jobs: int, console: Console) -> int:
    """Makes the runs that are open; the exit status."""
    tries: dict[str, int] = {}
    total = sum(grid.total for grid in grids)

    def choose(busy: list[Cell]) -> Cell | None:
        taken = {cell.title for cell in busy}
        waiting = chain.from_iterable(grid.open() for grid in grids)
        return next((cell for cell in waiting if cell.title not in taken and tries.get(cell.title, 0) < ATTEMPTS), None)

    columns = (
        TextColumn("runs"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[at]}"),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        shown = bar.add_task("", total=total, at="")

        def watch(busy: list[Cell]) -> None:
            at = "; ".join(f"{cell.title}: step {cell.step} of {cell.grid.size.steps}" for cell in busy)
            bar.update(shown, at=at)

        with closing(pool.run(perform, choose, jobs=jobs, watch=watch)) as made:
            for done in made:
                finished = sum(grid.finished for grid in grids)
                bar.update(shown, completed=finished)
                if not done.finished:
                    tries[done.job.title] = tries.get(done.job.title, 0) + 1
                said = "" if done.finished else f": not finished {done.error or '(its log says why)'}"
                console.print(f"{finished} of {total}  {done.job.title}{said}", markup=False)
    return 0 if all(grid.finished == grid.total for grid in grids) else FAILED


def _report(grids: list[Grid], write: Path | None, marks: str, console: Console) -> None:
    """Prints the tables, draws the charts, and puts both into the document."""
    sections = []
    for grid in grids:
        cells = [cell for row in grid.rows for cell in grid.measured(row) if cell.finished]
        found: dict[str, list[Result]] = {}
        for cell in cells:
            found.setdefault(cell.row.name, []).append(result(cell))
        place = (grid.out if write is None else write.parent) / f"{marks}-{grid.family.name}.svg"
        if cells:
            tables.draw(grid, found, place)
            console.print(f"chart: {place}")
        sections.append(tables.written(grid, found, chart=place.name if cells else None))
    body = "\n\n".join(sections)
    console.print(body, markup=False)
    if write is not None:
        document = replaced(write.read_text(encoding="utf-8"), marks, body)
        write.write_text(document, encoding="utf-8")


def _family(name: str, model: str, out: Path, console: Console) -> families.Family:
    columns = TextColumn("a model for long programs"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        row = bar.add_task("", total=None, visible=False)
        return families.prepare(
            name,
            model=model,
            out=out,
            told=lambda done, total: bar.update(row, completed=done, total=total, visible=True),
        )


def _rows(text: str) -> tuple[Row, ...]:
    if text == "all":
        return tuple(ROWS.values())
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in ROWS:
            raise ValueError(f"unknown row {name!r}; {did_you_mean(name, ROWS)}")
    return tuple(row for name, row in ROWS.items() if name in names)


def _numbers(text: str | None) -> tuple[float, ...]:
    try:
        return tuple(sorted({float(part) for part in text.split(",")})) if text is not None else ()
    except ValueError as error:
        raise ValueError(f"--rates takes numbers separated by commas, such as 2e-4,5e-4; got {text!r}") from error


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


@contextmanager
def _bad_input_in_one_line() -> Iterator[None]:
    try:
        yield
    except (ValueError, OSError) as error:
        typer.secho(f"error: {' '.join(str(error).split())}", fg="red", err=True)
        raise typer.Exit(BAD_INPUT) from error


if __name__ == "__main__":
    typer.run(main)
