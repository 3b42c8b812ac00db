"""What a run shows while it goes, and the table at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from rewards.types import Outcome
from trainer.evaluation import Evaluation
from trainer.report import comparison, times

_SHORT = {
    Outcome.PASS: "pass",
    Outcome.FAILURE: "fail",
    Outcome.ERROR: "error",
    Outcome.SYNTAX_ERROR: "syntax",
    Outcome.TIMEOUT: "timeout",
}


class Display:
    """A live bar on a terminal; elsewhere one line per tenth of the run."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console()
        self._said: set[str] = set()

    def say(self, text: str) -> None:
        """A line for people."""
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def warn(self, text: str, *, once: str | None = None) -> None:
        """The same, marked; each text, or what `once` stands for, once in a run."""
        if (once or text) not in self._said:
            self._said.add(once or text)
            self.console.print(f"warning: {text}", style="yellow", highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def evaluating(self, label: str) -> Iterator[Callable[[int, int], None]]:
        """A bar for an evaluation; yields what takes (done, total)."""
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        with Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal) as bar:
            row = bar.add_task(label, total=None)
            yield lambda done, total: bar.update(row, completed=done, total=total)

    @contextmanager
    def training(self, done: int, steps: int) -> Iterator[Callable[[int, Mapping[str, Any]], None]]:
        """A bar for the steps; yields what takes (step, metrics)."""
        bar = Progress(
            TextColumn("step"),
            MofNCompleteColumn(),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        row, below = bar.add_task("", total=steps, completed=done), Text()

        def show(step: int, metrics: Mapping[str, Any]) -> None:
            bar.update(row, completed=step)
            below.plain = status(metrics)
            if not self.console.is_terminal and (step % max(1, steps // 10) == 0 or step == steps):
                self.say(f"step {step}/{steps}  {status(metrics)}")

        live = Live(Group(bar, below), console=self.console, transient=True, refresh_per_second=4)
        with live if self.console.is_terminal else nullcontext():
            yield show


def status(metrics: Mapping[str, Any]) -> str:
    """One step in one line."""
    if "samples" not in metrics:
        return f"loss {metrics['loss']:.3f}"
    seconds, outcome = metrics["seconds"], metrics["outcome"]
    total = sum(seconds.values()) or 1.0
    mix = " ".join(f"{_SHORT[Outcome(name)]} {share:.0%}" for name, share in outcome.items() if share)
    split = " ".join(f"{phase} {spent / total:.0%}" for phase, spent in seconds.items())
    reward = "-" if metrics["reward"] is None else f"{metrics['reward']:+.2f}"
    samples, tokens = metrics["samples"] / total, metrics["tokens"] / (seconds["generate"] or 1.0)
    rates = f"{samples:.{0 if samples >= 10 else 1}f} samples/s {tokens:.0f} tokens/s"
    return f"reward {reward}  {mix}  {rates}  {split}"


def summary(evaluations: Mapping[str, Evaluation], steps: Sequence[Mapping[str, Any]]) -> list[Table]:
    """The tables at the end: held-out figures before -> after, and the training itself (from the logged steps)."""
    tables = []
    heading, *rows = comparison(evaluations) or [("", [])]
    if rows:
        table = Table("held-out tasks", *heading[1], title_justify="left")
        for name, texts in rows:
            table.add_row(name, *texts)
        tables.append(table)
    spent = times(steps)
    if spent:
        table = Table("training", "")
        seconds = sum(each for _, each, _ in spent)
        generating = sum(each for phase, each, _ in spent if phase == "generate")
        samples, tokens = (sum(step.get(name) or 0 for step in steps) for name in ("samples", "tokens"))
        table.add_row("steps", f"{len({step['step'] for step in steps})} in {seconds:.0f} s")
        table.add_row("samples/s", f"{samples / seconds:.1f} (generated, scored and learned from)")
        table.add_row("tokens/s", f"{tokens / generating:.0f} (generated)" if generating else "-")
        table.add_row("time", ", ".join(f"{phase} {share:.0%}" for phase, _, share in spent))
        tables.append(table)
    return tables
