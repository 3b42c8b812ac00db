"""Training of reward models side by side with TRL's RewardTrainer: time and memory per 1,000 pairs.

    python benchmarks/reward_models.py
    python benchmarks/reward_models.py --rounds 3 --before 200 --limit 200

Both have the same weights, token ids, pairs, order and optimiser, and update once for 32 pairs; reward_learners.py has
the settings. That they compute the same is shown first: the loss of the first step. Then each runs in a process of its
own, they take turns, and medians over the turns are printed, with the range of the ratio to TRL; the warm-up does not
count. On a shared machine the ratios are what counts. TRL runs without gradient checkpointing, which is slower, and
without logs.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from typing import Annotated

import torch
import typer
from learners import SHAPE, Job, Turn
from reward_learners import PASSES, batches, model_of, pools_of, reward_trainer, settings_of
from rich import box
from rich.console import Console
from rich.table import Table
from training import Found, interleaved, median, ratios

from trainer.reranker.fit import Step, fit

PAIRS = 1000
BASE = "TRL"
TOLERANCE = 1e-4
"""How far the first losses may be apart."""
GROUPS = {"4 x 4 of a problem": (2, 8), "one of a problem": (32, 2)}
"""Problems of a step and candidates of each, for 32 pairs."""


def seconds(turn: Turn) -> float:
    """CPU seconds for 1,000 pairs."""
    return turn.cpu_s / turn.learned * PAIRS


def wall(turn: Turn) -> float:
    """Wall seconds for 1,000 pairs."""
    return turn.wall_s / turn.learned * PAIRS


def first_losses(job: Job) -> tuple[float, float]:
    """Those of TRL and of spanwise, for the same pairs."""
    torch.set_num_threads(job.threads)
    with tempfile.TemporaryDirectory() as folder:
        trainer = reward_trainer(job, folder)
        inputs = next(iter(trainer.get_train_dataloader()))
        theirs = float(trainer.compute_loss(trainer.model, inputs).detach())
    told: list[Step] = []
    fit(model_of(job), pools_of(job), settings_of(job).model_copy(update={"epochs": 1}), on_step=told.append)
    return theirs, told[0].loss


def tokens(job: Job) -> tuple[int, int]:
    """Tokens of a step of TRL's, without padding, and of spanwise's."""
    model = model_of(job)
    batch = batches(job, model)[0]
    places = [*batch.better.tolist(), *batch.worse.tolist()]
    theirs = sum(len(batch.rows[place].prompt) + len(batch.rows[place].ids) for place in places)
    return theirs, model.tokens(batch.rows)


def compared(title: str, found: Found) -> Table:
    """The table of a model."""
    table = Table(title=title, box=box.MARKDOWN)
    for column in ("pairs", "trainer", "CPU s", "of TRL's", "wall s", "of TRL's", "peak MiB", "of TRL's"):
        table.add_column(column, justify="left" if column in ("pairs", "trainer") else "right")
    for row, turns in found.items():
        kind, trainer = row.split("|")
        base = f"{kind}|{BASE}"
        table.add_row(
            kind,
            trainer,
            f"{median(turns, seconds):.1f}",
            ratios(found, row, base, seconds),
            f"{median(turns, wall):.1f}",
            ratios(found, row, base, wall),
            f"{median(turns, peak):.0f}",
            ratios(found, row, base, peak),
        )
    return table


def peak(turn: Turn) -> float:
    """Most memory of the process, with all that it imports, in MiB."""
    return turn.peak_mib


def rows(job: Job) -> dict[str, tuple[str, Job]]:
    """A trainer and its job for each row of a table."""
    found: dict[str, tuple[str, Job]] = {}
    for kind, (problems, candidates) in GROUPS.items():
        each = replace(job, prompts=problems, samples=candidates)
        found[f"{kind}|{BASE}"] = ("TRL", each)
        found[f"{kind}|{BASE}, passes of {PASSES}"] = ("TRL, passes", each)
        found[f"{kind}|spanwise"] = ("spanwise", each)
    return found


def main(
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each.")] = 5,
    steps: Annotated[int, typer.Option(min=1, help="Steps of a turn, of 32 pairs each.")] = 1,
    threads: Annotated[int, typer.Option(min=1, help="Threads of each process.")] = 1,
    before: Annotated[int, typer.Option(min=10, help="Tokens of a prompt, about.")] = 60,
    limit: Annotated[int, typer.Option(min=20, help="Tokens of a candidate, about.")] = 60,
    layers: Annotated[int, typer.Option(min=1, help="Of the larger model, which has SmolLM2-135M's shape.")] = 2,
) -> None:
    """Time and memory for 1,000 pairs, next to TRL."""
    console = Console(width=200, highlight=False)
    for model in ("tiny", SHAPE):
        job = Job(model=model, steps=steps, threads=threads, before=before, limit=limit, layers=layers)
        for kind, (problems, candidates) in GROUPS.items():
            each = replace(job, prompts=problems, samples=candidates)
            theirs, ours = first_losses(each)
            counts = tokens(each)
            console.print(
                f"{model}, {kind}: first loss {theirs:.6f} by TRL, {ours:.6f} by spanwise; "
                f"{counts[0]} tokens a step without padding, {counts[1]} with every prompt and candidate once"
            )
            if abs(theirs - ours) > TOLERANCE:
                sys.exit(f"error: the first losses are more than {TOLERANCE} apart; they do not learn the same")
        depth = f", {layers} layers" if model == SHAPE else ""
        title = f"{PAIRS:,} pairs, {model}{depth}, {threads} threads, {rounds} rounds of {steps} steps of 32 pairs"
        console.print(compared(title, interleaved(rows(job), rounds, "reward_learners.py")))


if __name__ == "__main__":
    typer.run(main)
