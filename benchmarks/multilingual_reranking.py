"""Does static analysis alone choose better than chance, in each language? Real answers of six models, judged by tests.

    python -m benchmarks.multilingual_reranking --answers DIR --out runs/multilingual
    python -m benchmarks.multilingual_reranking --answers DIR --out runs/multilingual --problems 80     # goes on
    python -m benchmarks.multilingual_reranking --answers DIR --out runs/multilingual --write docs/results.md

A pool is a problem of HumanEval in one language with the answers of six models (`multilingual_answers.py`). Nobody who
chooses sees the tests: static findings order the answers by what the analyzers of the language charge. Problems come in
a fixed random order, each in all eight languages, so that a part of them is a fair part; run again to go on.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.marks import replaced
from benchmarks.multilingual_answers import LANGUAGES, MODELS, Problem, problems
from rewards import Scorer
from rewards.reranking import files
from rewards.reranking.pools import Pool
from rewards.reranking.recipes import parse
from rewards.reranking.scores import Rank
from trainer.reranker.by_language import table
from trainer.reranker.gather import label
from trainer.reranker.measures import measure
from trainer.reranker.table_views import markdown

ANALYZERS = (
    "pyflakes", "pylint", "gxx", "cppcheck", "javac", "ecj", "php", "tsc", "mcs", "shellcheck", "eslint", "oxlint",
)  # fmt: skip
"""A compiler or strict parser of each language, and linters that take less time than running the program."""


MARK = "multilingual-reranking"
ALL = f"one of the {len(MODELS)}"
BAD_INPUT = 2
TELLING = (
    "| | problems that leave a choice | in which findings differ | AUC within a problem | charged answers that fail | "
    "failing answers that are charged |",
    "| --- | --- | --- | --- | --- | --- |",
)


def main(
    answers: Annotated[Path, typer.Option(help="Checkout of QwenLM/Qwen2.5-Coder.")],
    out: Annotated[Path, typer.Option(help="Folder of what is judged; run again to go on.")],
    count: Annotated[int, typer.Option("--problems", help="Problems, each in all languages.", min=0)] = 40,
    workers: Annotated[int, typer.Option(help="Programs that run at a time.", min=1)] = 2,
    write: Annotated[Path | None, typer.Option(help="Write the tables between the marks of this document.")] = None,
) -> None:
    """Judge what is not judged yet, and show what choosing is worth; with --problems 0, of what is judged."""
    try:
        if write is not None:
            replaced(write.read_text(encoding="utf-8"), MARK, "")
        drawn = list(_drawn(answers, count))
    except (OSError, ValueError) as error:
        typer.secho(f"error: {error}", fg="red", err=True)
        raise typer.Exit(BAD_INPUT) from error
    console = Console(highlight=False, soft_wrap=True)
    out.mkdir(parents=True, exist_ok=True)
    pools = out / "pools.jsonl"
    judge(drawn, pools, workers=workers, console=console)
    body = report(files.load(pools)[0])
    console.print(body, markup=False)
    if write is not None:
        write.write_text(replaced(write.read_text(encoding="utf-8"), MARK, body), encoding="utf-8")


def judge(drawn: Sequence[Problem], place: Path, *, workers: int, console: Console) -> None:
    """Adds the pools of problems that are not there yet."""
    done = {pool.task_id for pool in files.load(place)[0]} if place.exists() else set()
    todo = [problem.written for problem in drawn if problem.written.task.id not in done]
    if not todo:
        return
    columns = TextColumn("answers judged"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with (
        Scorer(("runtime", *ANALYZERS), workers=workers) as scorer,
        files.appending(place) as keep,
        Progress(*columns, console=console, transient=True) as progress,
    ):
        bar = progress.add_task("", total=None)
        for pool in label(todo, scorer, on_progress=lambda n, total: progress.update(bar, completed=n, total=total)):
            keep(pool)


def report(pools: Sequence[Pool]) -> str:
    """Each model by itself, one of all of them by findings, and how often findings say anything; in Markdown."""
    whole = [pool for pool in pools if len(pool.candidates) == len(MODELS)]
    alone = {
        model: [replace(pool, candidates=pool.candidates[place : place + 1]) for pool in whole]
        for place, model in enumerate(MODELS)
    }
    findings = parse("findings").rank()
    found = table({**alone, ALL: whole}, {"findings": findings}, languages=LANGUAGES)
    rows = [_told(language, [pool for pool in whole if pool.language == language], findings) for language in LANGUAGES]
    return "\n".join([markdown(found), "How much findings tell:", "", *TELLING, *rows])


def _told(language: str, pools: Sequence[Pool], findings: Rank) -> str:
    """How often findings tell candidates apart, how well, and how what they charge fares."""
    mixed = [known for pool in pools if (known := pool.judged()).mixed]
    differ = sum(bool(np.ptp(np.asarray(findings(pool))) > 0) for pool in mixed)
    auc = measure(pools, findings).means.get("auc") if mixed else None
    judged = [each for pool in pools for each in pool.judged().candidates]
    charged = [each for each in judged if each.charged]
    failing = sum(not each.passed for each in judged)
    wrong = sum(not each.passed for each in charged)
    shown = "" if auc is None else f"{auc.mean:.2f} [{auc.low:.2f}, {auc.high:.2f}]"
    return (
        f"| {language} | {len(mixed)} of {len(pools)} | {differ} | {shown} | {wrong} of {len(charged)} | "
        f"{wrong} of {failing} |"
    )


def _drawn(answers: Path, count: int) -> Iterator[Problem]:
    """The first problems of a random order of those that every language has."""
    found = {language: {each.number: each for each in problems(language, answers)[0]} for language in LANGUAGES}
    common = sorted(set.intersection(*map(set, found.values())))
    random.Random(0).shuffle(common)
    for number in common[:count]:
        yield from (found[language][number] for language in LANGUAGES)


if __name__ == "__main__":
    typer.run(main)
