"""Tokens per CPU second: the generation loop of the trainer against `model.generate`, same model, prompts and sizes.

    python benchmarks/generation.py
    python benchmarks/generation.py --model smollm2 --rounds 1

Groups of samples of embedded tasks. The two take turns, and the table shows the median of the rounds; CPU time of this
process, with one thread. Both sample until the end token or the limit, and only tokens up to it are counted.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from trainer import tasks
from trainer.policy import Policy
from trainer.prompts import render
from trainer.types import Sampling, Task


def loop(policy: Policy, prompts: Sequence[str], *, samples: int, limit: int, seed: int) -> int:
    """Tokens that the trainer's own loop generated."""
    groups = policy.generate(prompts, samples=samples, sampling=Sampling(max_new_tokens=limit), seed=seed)
    return sum(len(rollout.completion_ids) for group in groups for rollout in group)


def generate(policy: Policy, prompts: Sequence[str], *, samples: int, limit: int, seed: int) -> int:
    """Tokens that `model.generate` generated, all rows in one batch padded to the left."""
    torch.manual_seed(seed)
    encoded = [torch.from_numpy(policy.encode(prompt)) for prompt in prompts]
    width = max(map(len, encoded))
    ids = torch.stack([torch.nn.functional.pad(row, (width - len(row), 0), value=policy.pad) for row in encoded])
    mask = torch.stack([torch.nn.functional.pad(torch.ones_like(row), (width - len(row), 0)) for row in encoded])
    with torch.no_grad():
        found = policy.model.generate(
            ids, attention_mask=mask, do_sample=True, temperature=1.0, top_p=1.0, top_k=0, max_new_tokens=limit,
            num_return_sequences=samples, pad_token_id=policy.pad,
        )  # fmt: skip
    ends = torch.isin(found[:, width:], torch.tensor(sorted(policy.eos)))
    return int(((ends.cumsum(1) - ends.long()) == 0).sum())


def main(
    model: Annotated[str, typer.Option(help='"tiny", "smollm2", a folder, or a hub name.')] = "tiny",
    prompts: Annotated[int, typer.Option(help="Tasks in a batch.")] = 8,
    samples: Annotated[int, typer.Option(help="Samples of each task.")] = 8,
    limit: Annotated[int, typer.Option(help="Tokens of a sample at most.")] = 96,
    rounds: Annotated[int, typer.Option(help="Turns of each.")] = 9,
) -> None:
    """Print tokens per CPU second of both."""
    torch.set_num_threads(1)
    policy = Policy.load(model)
    pool: list[Task] = tasks.load("builtin", "train")
    ways = {"trainer.decode": loop, "model.generate": generate}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for turn in track(range(rounds + 1), console=Console(stderr=True)):
        batch = [render(task, policy.tokenizer) for task in pool[turn * prompts : (turn + 1) * prompts]]
        for name, way in ways.items():
            begin = time.process_time()
            tokens = way(policy, batch, samples=samples, limit=limit, seed=turn)
            if turn:  # the first one warms up
                rates[name].append(tokens / (time.process_time() - begin))
    table = Table("generation", "tokens per CPU second", "of model.generate")
    medians = {name: statistics.median(found) for name, found in rates.items()}
    for name, median in medians.items():
        table.add_row(name, f"{median:.0f}", f"{median / medians['model.generate']:.2f} x")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
