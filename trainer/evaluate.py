"""Evaluates a policy on tasks: pass@k, correct-and-clean, the outcome mix. `python -m trainer.evaluate --help`."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from analyzers import registry, runtime
from grammars import ownership
from trainer.evaluation import Evaluation, Graded, Record, described, summarise
from trainer.generation import Generator
from trainer.prompts import item, render
from trainer.tasks import load
from trainer.types import Rollout, Sampling, Task

if TYPE_CHECKING:
    from rewards import Scorer
    from rewards.types import Score
    from trainer.policy import Policy

__all__ = ["Evaluation", "Graded", "evaluate", "main"]

OnProgress = Callable[[int, int], None]
"""Called with the number of completions scored so far and the number to come to in all."""
OnScore = Callable[[Graded, Rollout, "Score"], None]
Device = Literal["auto", "cpu", "cuda"]
HTML_PROGRAMS = 200
"""Programs shown on a page at most: browsers choke on more."""


def evaluate(
    generator: Generator,
    tasks: Sequence[Task],
    scorer: Scorer,
    *,
    samples: int,
    sampling: Sampling,
    seed: int,
    ks: Sequence[int] = (1,),
    greedy: bool = True,
    progress: OnProgress | None = None,
    on_score: OnScore | None = None,
    have: Collection[Graded] = (),
) -> Evaluation:
    """Samples each task `samples` times (and once greedily), scores while it samples, and sums up.

    `on_score(graded, rollout, score)` sees each completion once it is scored, in the order of sampling. `have` is
    what an interrupted call with the same arguments graded, by whole tasks: those are not sampled again, and no times
    are given.

    Raises:
        ValueError: no tasks, no samples, a `k` beyond `samples`, or a prompt too long for the model.
    """
    if not tasks or samples < 1 or not all(1 <= k <= samples for k in ks):
        raise ValueError(f"needs tasks and 1 <= k <= samples; got {len(tasks)} tasks, {samples=}, k={list(ks)}")
    passes = [(False, samples, sampling)]
    if greedy:
        passes.append((True, 1, Sampling(temperature=0.0, top_p=1.0, max_new_tokens=sampling.max_new_tokens)))
    by_id = {task.id: task for task in tasks}
    complete = {(graded.greedy, graded.task_id) for graded in have}
    total = len(tasks) * sum(count for _, count, _ in passes)
    queue = _Queue(scorer, have, total=total, progress=progress, on_score=on_score)
    begin = time.perf_counter()
    for is_greedy, count, drawn in passes:
        todo = [task for task in tasks if (is_greedy, task.id) not in complete]

        def submit(row: int, rollout: Rollout, is_greedy: bool = is_greedy) -> None:
            queue.submit(by_id[rollout.task_id], rollout, greedy=is_greedy)

        generator.answer(todo, samples=count, sampling=drawn, seed=seed, on_done=submit)
    generated = time.perf_counter()
    queue.finish()
    seconds = {"generate": generated - begin, "score": time.perf_counter() - generated}
    return summarise(queue.done, ks=ks, seconds={} if have else seconds)


class _Queue:
    """Completions being scored; handed on in the order in which they were sampled."""

    def __init__(
        self,
        scorer: Scorer,
        have: Collection[Graded],
        *,
        total: int,
        progress: OnProgress | None,
        on_score: OnScore | None,
    ) -> None:
        self.done = list(have)
        self._scorer, self._total, self._progress, self._on_score = scorer, total, progress, on_score
        self._waiting: deque[tuple[Rollout, bool, Future[Score]]] = deque()

    def submit(self, task: Task, rollout: Rollout, *, greedy: bool) -> None:
        """Scores a completion, and takes in what is scored by now."""
        self._waiting.append((rollout, greedy, self._scorer.submit(item(task, rollout))))
        while self._waiting and self._waiting[0][2].done():
            self._take()

    def finish(self) -> None:
        """Waits for the rest."""
        while self._waiting:
            self._take()

    def _take(self) -> None:
        rollout, greedy, future = self._waiting.popleft()
        score = future.result()
        graded = Graded.of(rollout, score, greedy=greedy)
        self.done.append(graded)
        if self._on_score is not None:
            self._on_score(graded, rollout, score)
        if self._progress is not None:
            self._progress(len(self.done), self._total)


def table(evaluation: Evaluation, *, title: str) -> Table:
    """The figures, for the terminal."""
    shown = Table(title=title, show_header=False, title_justify="left")
    for name, text in described(evaluation).items():
        shown.add_row(name, text)
    return shown


def main() -> None:
    """Entry point of the console script."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    app()


def command(
    model: Annotated[str, typer.Option(help='"tiny", "smollm2", a folder, or a hub name.')] = "tiny",
    tasks: Annotated[
        str, typer.Option(help="Task set as NAME:PATH; `python -m trainer.tasks --help` lists them.")
    ] = "builtin",
    split: Annotated[str, typer.Option(help="Split of the task set.")] = "test",
    samples: Annotated[int, typer.Option(help="Completions drawn of each task.", min=1)] = 5,
    k: Annotated[str, typer.Option(help="The k of pass@k, separated by commas.")] = "1",
    temperature: Annotated[float, typer.Option(help="Divides the logits; 0 is greedy.")] = 0.8,
    top_p: Annotated[float, typer.Option(help="Nucleus that is sampled from.")] = 0.95,
    max_new_tokens: Annotated[int, typer.Option(help="Longest completion, in tokens.")] = 256,
    analyzers: Annotated[str, typer.Option(help="Analyzers; the tests are always run.")] = "runtime,pylint",
    plugin: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="A .py or .scm file whose analyzers run, too; repeatable.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first LIMIT tasks.", min=1)] = None,
    greedy: Annotated[bool, typer.Option(help="Decode each task greedily, too.")] = True,
    seed: Annotated[int, typer.Option(help="Seed of the sampling.", min=0)] = 0,
    device: Annotated[Device, typer.Option(help="Where the model runs; auto takes a GPU if there is one.")] = "auto",
    workers: Annotated[int | None, typer.Option(help="Processes that analyse.", min=1)] = None,
    isolation: Annotated[
        str, typer.Option(help="Weakest tier at which programs may run: strict, standard, weak, none.")
    ] = "standard",
    out: Annotated[Path | None, typer.Option(help="Write the figures to this JSON file.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page of scored programs.")] = None,
    samples_out: Annotated[
        Path | None, typer.Option(help="Keep all samples in this JSONL file; run again to go on from it.")
    ] = None,
) -> None:
    """Evaluate a model on tasks: unbiased pass@k with its 95% interval, correct-and-clean, the outcome mix."""
    console = Console()
    try:
        with ExitStack() as stack:
            with _refusing():
                ownership.check()
                sampling = Sampling(temperature=temperature, top_p=top_p, max_new_tokens=max_new_tokens)
                ks = _numbers(k, samples)
                names = _names(analyzers, plugin or ())
                _writable(out, html, samples_out)
                settings: dict[str, Any] = {"model": model, "tasks": tasks, "split": split, "limit": limit}
                settings |= {"samples": samples, "greedy": greedy, "seed": seed, "analyzers": names, **asdict(sampling)}
                record = stack.enter_context(Record(samples_out, settings)) if samples_out else None
                todo = load(tasks, split)[:limit]
                scorer = stack.enter_context(_scorer(names, workers, isolation))
                policy = _policy(model, device, todo, max_new_tokens)
            page = _Page()

            def keep(graded: Graded, rollout: Rollout, score: Score) -> None:
                if record is not None:
                    record.add(graded)
                if html is not None:
                    page.add(score, policy.token_bytes.spans(rollout.completion_ids))

            evaluation = evaluate(
                policy,
                todo,
                scorer,
                samples=samples,
                sampling=sampling,
                seed=seed,
                ks=ks,
                greedy=greedy,
                progress=stack.enter_context(_bar(console)),
                on_score=keep,
                have=record.have if record else (),
            )
    except KeyboardInterrupt:
        kept = f"; what was scored is in {samples_out}: run the same command again to go on" if samples_out else ""
        _complain(f"interrupted{kept}")
        raise typer.Exit(130) from None
    console.print(table(evaluation, title=f"{model}, {tasks} {split}: {len(todo)} tasks x {samples} samples"))
    with _refusing():
        if out:
            figures = {"settings": settings, **evaluation.to_json()}
            out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        if html:
            page.write(html, title=f"{model} on {tasks}")


@contextmanager
def _refusing() -> Iterator[None]:
    """Turns bad input into one line and exit status 2."""
    try:
        yield
    except (ValueError, OSError, ownership.ForeignPackage) as error:
        line = " ".join(str(error).split())
        _complain(f"error: {line}")
        raise typer.Exit(2) from error


def _complain(line: str) -> None:
    Console(stderr=True, soft_wrap=True).print(line, style="red", highlight=False, markup=False)


def _numbers(text: str, samples: int) -> list[int]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part.isdecimal() and 1 <= int(part) <= samples for part in parts):
        raise ValueError(f"--k takes numbers from 1 to the number of samples ({samples}), such as 1,5; got {text!r}")
    return sorted({int(part) for part in parts})


def _writable(*paths: Path | None) -> None:
    """Finds out before the work, rather than after it, that its result has nowhere to go."""
    for path in paths:
        if path is not None and not path.resolve().parent.is_dir():
            raise ValueError(f"cannot write {str(path)!r}: there is no folder {str(path.parent)!r}")


def _names(text: str, plugins: Sequence[str]) -> list[str]:
    """The analyzers asked for, `runtime` first: without the tests there is nothing to evaluate."""
    return [runtime.NAME, *(name for name in registry.chosen(registry.split(text), plugins) if name != runtime.NAME)]


def _scorer(analyzers: Sequence[str], workers: int | None, isolation: str) -> Scorer:
    from rewards import Scorer

    return Scorer(analyzers, workers=workers, isolation=isolation)


def _policy(model: str, device: Device, tasks: Sequence[Task], max_new_tokens: int) -> Policy:
    """The model, once it is sure that every prompt fits in."""
    import torch

    from trainer.policy import Policy

    gpu = torch.cuda.is_available()
    if device == "cuda" and not gpu:
        raise ValueError("--device cuda needs a GPU that this torch can use, and finds none; use --device cpu")
    policy = Policy.load(model, device="cuda" if gpu and device != "cpu" else "cpu")
    longest = max(len(policy.encode(render(task, policy.tokenizer))) for task in tasks)
    if policy.context is not None and longest + max_new_tokens > policy.context:
        raise ValueError(
            f"the longest prompt has {longest} tokens, which with --max-new-tokens {max_new_tokens} is more than the "
            f"{policy.context} that {model!r} can see; give fewer new tokens or another model"
        )
    return policy


@contextmanager
def _bar(console: Console) -> Iterator[OnProgress]:
    """A progress bar over completions."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(TextColumn("{task.description}"), *columns, console=console, transient=True) as progress:
        bar = progress.add_task("completions scored", total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


class _Page:
    """One scored program of each task, up to what a browser can bear, and the page that shows them."""

    def __init__(self) -> None:
        self._programs: dict[str, tuple[Score, NDArray[np.int64]]] = {}

    def add(self, score: Score, byte_spans: NDArray[np.int64]) -> None:
        """Keeps the program if it is the first of its task."""
        if len(self._programs) < HTML_PROGRAMS:
            self._programs.setdefault(score.task_id, (score, byte_spans))

    def write(self, path: Path, *, title: str) -> None:
        """Writes the page."""
        from rewards.render import to_html

        scores = [score for score, _ in self._programs.values()]
        spans = [spans for _, spans in self._programs.values()]
        path.write_text(to_html(scores, title=title, byte_spans=spans), encoding="utf-8")


if __name__ == "__main__":
    main()
