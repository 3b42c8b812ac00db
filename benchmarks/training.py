"""The trainer side by side with TRL's GRPOTrainer and a bare loop: speed, the cost of scoring, memory.

    python benchmarks/training.py speed --threads 1
    python benchmarks/training.py speed --threads 2
    python benchmarks/training.py speed --no-ends
    python benchmarks/training.py hidden
    python benchmarks/training.py memory
    python benchmarks/training.py speed --device cuda --model smollm2 --dtype bfloat16

All have the same weights, prompts, group size, token limit, precision, optimiser and reward, and update once after
every round; learners.py has the settings. Each runs in a process of its own. They take turns of a few steps, and
medians over the turns are printed, with the range of the ratio to TRL; the warm-up does not count. CPU seconds are
those of a process and all its descendants. On a shared machine they and the ratios are what counts. TRL computes the
entropy of every token as a metric, spanwise that of the sampled ones. TRL runs without gradient checkpointing, which is
slower, and without logs.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer
from flops import mfu, step_flops
from learners import Job, Turn
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

HERE = Path(__file__).resolve().parent
GOAL, MEMORY_GOAL, HIDDEN_GOAL = 1.5, 0.7, 1.1
LEARNERS = "learners.py"
ALL = ("pylint", "pyflakes", "syntax", "runtime")

Found = dict[str, list[Turn]]
"""The turns of each trainer."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
Rounds = Annotated[int, typer.Option(min=1, help="Turns of each.")]
Threads = Annotated[int, typer.Option(min=1, help="Threads of each process.")]


class Runner:
    """A trainer in a process of its own, ready for its turns."""

    def __init__(self, name: str, job: Job, script: str = LEARNERS) -> None:
        threads = str(job.threads)
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(HERE / script), name, json.dumps(asdict(job))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "PYTHONWARNINGS": "ignore"},
        )

    def ready(self) -> None:
        """Waits until it has warmed up."""
        self._answer()

    def turn(self) -> Turn:
        """Has it make some steps."""
        assert self._process.stdin is not None
        print("go", file=self._process.stdin, flush=True)
        return Turn(**json.loads(self._answer()))

    def close(self) -> None:
        """Ends it."""
        self._process.communicate()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        if line := self._process.stdout.readline():
            return line
        _, errors = self._process.communicate()
        sys.exit(f"a trainer failed:\n{errors[-3000:]}")


@contextmanager
def running(jobs: Mapping[str, tuple[str, Job]], script: str = LEARNERS) -> Iterator[dict[str, Runner]]:
    """A process for each row: the name of its trainer, and its job."""
    with ExitStack() as undo:
        runners = {}
        for row, (name, job) in jobs.items():
            runners[row] = Runner(name, job, script)
            undo.callback(runners[row].close)
        for runner in runners.values():
            runner.ready()
        yield runners


def interleaved(jobs: Mapping[str, tuple[str, Job]], rounds: int, script: str = LEARNERS) -> Found:
    """`rounds` turns of each, in turn."""
    found: Found = {row: [] for row in jobs}
    with running(jobs, script) as runners:
        for _ in track(range(rounds), description="rounds", console=Console(stderr=True)):
            for row, runner in runners.items():
                found[row].append(runner.turn())
    return found


def median(turns: list[Turn], of: Callable[[Turn], float]) -> float:
    """The median over turns of a figure."""
    return statistics.median(of(turn) for turn in turns)


def ratios(found: Found, row: str, base: str, of: Callable[[Turn], float]) -> str:
    """How many times the figure of `base` that of `row` is: the median over rounds, and its range."""
    each = sorted(of(mine) / of(other) for mine, other in zip(found[row], found[base], strict=True))
    return f"x {statistics.median(each):.2f} ({each[0]:.2f} to {each[-1]:.2f})"


def tokens_per_cpu(turn: Turn) -> float:
    """Completion tokens per CPU second."""
    return turn.tokens / turn.cpu_s


def steps_per_s(turn: Turn) -> float:
    """Optimiser steps per second."""
    return turn.steps / turn.wall_s


def compared(title: str, found: Found, base: str) -> Table:
    """The table of speeds."""
    table = Table(title=title, box=box.MARKDOWN)
    columns = ("tokens a step", "learned", "CPU s a step", "tokens per CPU s", f"of {base}'s", "steps per s")
    table.add_column("trainer")
    for column in (*columns, f"of {base}'s", "generation"):
        table.add_column(column, justify="right")
    for row, turns in found.items():
        table.add_row(
            row,
            f"{median(turns, lambda turn: turn.tokens / turn.steps):.0f}",
            f"{median(turns, lambda turn: turn.learned / turn.steps):.0f}",
            f"{median(turns, lambda turn: turn.cpu_s / turn.steps):.3f}",
            f"{median(turns, tokens_per_cpu):.0f}",
            ratios(found, row, base, tokens_per_cpu),
            f"{median(turns, steps_per_s):.3f}",
            ratios(found, row, base, steps_per_s),
            f"{median(turns, lambda turn: turn.generate_s / turn.wall_s):.0%}",
        )
    return table


def show(table: Table) -> None:
    """Prints a table that can be pasted into the docs."""
    Console(width=200).print(table)


@app.command()
def speed(
    threads: Threads = 1,
    rounds: Rounds = 7,
    steps: Annotated[int, typer.Option(min=1, help="Optimiser steps of a turn.")] = 3,
    prompts: Annotated[int, typer.Option(min=1, help="Groups of a step.")] = 8,
    samples: Annotated[int, typer.Option(min=2, help="Samples of a group.")] = 8,
    limit: Annotated[int, typer.Option(min=1, help="Tokens of a completion at most.")] = 96,
    ends: Annotated[bool, typer.Option(help="Whether completions end at the end token, or all at the limit.")] = True,
    model: Annotated[str, typer.Option(help='"tiny", "smollm2", a folder, or a hub name.')] = "tiny",
    device: Annotated[str, typer.Option(help='"cpu" or "cuda".')] = "cpu",
    dtype: Annotated[str, typer.Option(help="Type of the weights.")] = "float32",
    peak: Annotated[
        float, typer.Option(help="TFLOP/s of the device at that type, for the utilisation; H100: 989.")
    ] = 0.0,
) -> None:
    """Tokens per CPU second and steps per second, next to TRL and a bare loop."""
    job = Job(
        model=model, prompts=prompts, samples=samples, limit=limit, steps=steps, threads=threads, device=device,
        dtype=dtype, ends=ends, micro_batch_tokens=2048 if device == "cpu" else 65536,
    )  # fmt: skip
    if device != "cpu":
        import torch

        if not torch.cuda.is_available():
            sys.exit("error: --device cuda needs a GPU that torch can see; there is none")
    every = {"TRL": ("TRL", job), "bare loop": ("bare loop", job), "spanwise": ("spanwise", job)}
    if ends:
        judged, sparse = replace(job, analyzers=("pylint", "runtime")), replace(job, sparse=10)
        every["spanwise, charges by pylint and runtime"] = ("spanwise", judged)
        every["spanwise, one sample in ten rewarded"] = ("spanwise", sparse)
    length = f"{'at most ' if ends else ''}{limit} tokens"
    what = f"{prompts} x {samples} samples of {length}, {model}, {dtype}, {device}, {threads} threads"
    found = interleaved(every, rounds)
    show(compared(f"{what}, {rounds} rounds of {steps} steps", found, "TRL"))
    Console().print(f"goal: x {GOAL} of TRL's, and with charges more than TRL's", highlight=False)
    if peak:
        show(utilisation(found, job, peak))


def utilisation(found: Found, job: Job, peak: float) -> Table:
    """Model FLOPs utilisation of what is not generation, by the formula of `flops.step_flops`."""
    from trainer import weights

    model, _ = weights.load(job.model)
    table = Table(title=f"model FLOPs utilisation of learning, of {peak:g} TFLOP/s", box=box.MARKDOWN)
    table.add_column("trainer")
    table.add_column("utilisation", justify="right")
    for row, turns in found.items():
        share = median(
            turns,
            lambda turn: mfu(
                step_flops(model.config, turn.tokens), seconds=turn.wall_s - turn.generate_s, peak=peak * 1e12
            ),
        )
        table.add_row(row, f"{share:.1%}")
    return table


@app.command()
def hidden(
    rounds: Rounds = 7,
    threads: Threads = 1,
    prompts: int = 8,
    samples: int = 8,
    limit: int = 96,
    model: str = "tiny",
    steps: int = 3,
) -> None:
    """What analyzers and tests add to the wall time of a step."""
    # Weights that stand still write the same with and without rewards.
    job = Job(model=model, prompts=prompts, samples=samples, limit=limit, threads=threads, steps=steps, rate=1e-30)
    judged = replace(job, analyzers=ALL)
    found = interleaved({"no analyzers": ("spanwise", job), "with analyzers": ("spanwise", judged)}, rounds)
    show(compared(f"{', '.join(ALL)}; {model}, {threads} threads", found, "no analyzers"))
    console = Console(width=200, highlight=False)
    added = ratios(found, "with analyzers", "no analyzers", lambda turn: turn.wall_s / turn.steps)
    waited = median(found["with analyzers"], lambda turn: turn.waited_s / turn.steps)
    console.print(f"wall time of a step with analyzers: {added} of that without (goal {HIDDEN_GOAL})")
    console.print(f"waited for scores after generation: {waited:.3f} s a step")


@app.command()
def memory(
    rounds: Annotated[int, typer.Option(min=1, help="Processes of each.")] = 3,
    samples: int = 8,
    prompt: int = 64,
    limit: int = 256,
    layers: Annotated[int, typer.Option(min=1, help="Of the model, which is else SmolLM2-135M's shape.")] = 30,
    tokens: Annotated[int, typer.Option(min=1, help="Of a pass, in the last row.")] = 1024,
) -> None:
    """Peak memory of one optimiser step on the same given batch, next to TRL."""
    job = Job(model="SmolLM2's shape", prompts=1, samples=samples, limit=limit, before=prompt, layers=layers, steps=1)
    name, whole = "spanwise, given batch", replace(job, micro_batch_tokens=1 << 20)
    rows = {
        "TRL": ("TRL, given batch", job),
        "spanwise, in one pass": (name, whole),
        "spanwise, in one pass of bf16": (name, replace(whole, mixed_precision="bf16")),
        f"spanwise, in passes of {tokens} tokens": (name, replace(job, micro_batch_tokens=tokens)),
    }
    found: Found = {row: [] for row in rows}
    for _ in track(range(rounds), console=Console(stderr=True)):
        for row, each in rows.items():  # one at a time: they are large
            with running({row: each}) as runners:
                found[row].append(runners[row].turn())
    table = Table(
        title=f"{samples} completions of {limit} tokens after one prompt of {prompt}, {layers} layers", box=box.MARKDOWN
    )
    for column in ("trainer", "peak MiB", "of TRL's", "CPU s", "of TRL's"):
        table.add_column(column, justify="left" if column == "trainer" else "right")
    for row, turns in found.items():
        table.add_row(
            row,
            f"{median(turns, lambda turn: turn.peak_mib):.0f}",
            ratios(found, row, "TRL", lambda turn: turn.peak_mib),
            f"{median(turns, lambda turn: turn.cpu_s):.1f}",
            ratios(found, row, "TRL", lambda turn: turn.cpu_s),
        )
    show(table)
    Console().print(f"goal: {MEMORY_GOAL}", highlight=False)


if __name__ == "__main__":
    app()
