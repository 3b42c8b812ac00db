"""A small generator and a scorer against a generator 2.5 times as large: pass@1 and time at equal inference FLOPs.

    python -m benchmarks.compute_matched --out runs/compute-matched
    python -m benchmarks.compute_matched --out runs/compute-matched --write docs/results.md

The large generator L is the embedded model. The small one, S, is made by the same recipe (`trainer.tiny`), narrower and
less deep. Scorers begin with the first layers of S and learn from labelled samples of S on training tasks; so that both
sides know those labels, S and L are also tuned on the samples among them that pass. Everything is measured on held-out
tasks, with scorers and samples of its own for each seed. Models and samples are kept in --out, from where an
interrupted run goes on.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import torch
import typer
from pebble import ProcessPool
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.compute_matched_table import FINDINGS, SIZES, Drawn, Kind, Measured, Spent, Timed, written
from benchmarks.marks import replaced
from rewards import Scorer
from rewards.reranking import files
from rewards.reranking.pools import Candidate, Pool
from trainer import tiny
from trainer.generation import OnDone
from trainer.policy import Policy
from trainer.prompts import render
from trainer.reranker.fit import Fitting, fit
from trainer.reranker.gather import gather
from trainer.reranker.model import RewardModel
from trainer.sections import Optimizer
from trainer.slips import Example
from trainer.tasks import load
from trainer.types import Rollout, Sampling, Task

SMALL = tiny.Shape(hidden=96, layers=2)
TUNING = tiny.Schedule(steps=120, learning_rate=1e-3, warmup=10)
"""Of S and L alike, on samples that pass; not searched for."""
FITTING = Fitting(epochs=4, optimizer=Optimizer(learning_rate=1e-3))
"""As in configs/reranker/embedded.toml."""
SAMPLING = Sampling(max_new_tokens=160)
GREEDY = Sampling(temperature=0.0, max_new_tokens=160)
SCORERS = (Kind(1), Kind(2), Kind(2, static=True))
"""What is made of the first layers of S."""
TIMED = 24
"""Problems whose time is taken, one after the other."""
LABELLED = 8
"""Samples of a training task."""
GENERATORS = ("S", "L", "S tuned", "L tuned")
GREEDILY = "greedy"
MARK = "compute-matched"
BAD_INPUT, INTERRUPTED = 2, 130
Job = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Bench:
    """Where everything is, and how much there is of it."""

    out: Path
    training: list[Task]
    test: list[Task]
    samples: int
    seeds: int

    def model(self, generator: str) -> str:
        """The name or folder of a generator."""
        return "tiny" if generator == "L" else str(self.out / "models" / generator.replace(" ", "-"))

    def pools(self, generator: str, seed: int | str) -> Path:
        """Where its samples of held-out tasks are."""
        return self.out / f"{generator.replace(' ', '-')}-{seed}.jsonl"

    @property
    def labelled(self) -> Path:
        """Where the samples of S for training tasks are."""
        return self.out / "labelled.jsonl"

    def scorer(self, kind: Kind, seed: int) -> Path:
        """Where a scorer is."""
        return self.out / "models" / f"scorer-{kind.layers}{'-static' * kind.static}-{seed}"


class Counting:
    """A generator that counts the tokens that it reads and writes."""

    def __init__(self, policy: Policy) -> None:
        self._policy, self.prompt, self.completion = policy, 0, 0
        self.tokenizer, self.token_bytes = policy.tokenizer, policy.token_bytes

    def answer(
        self, tasks: Sequence[Task], *, samples: int, sampling: Sampling, seed: int, on_done: OnDone, step: int = 0
    ) -> None:
        """As the policy."""

        def counted(place: int, rollout: Rollout) -> None:
            self.prompt += len(rollout.prompt_ids)
            self.completion += len(rollout.completion_ids)
            on_done(place, rollout)

        self._policy.answer(tasks, samples=samples, sampling=sampling, seed=seed, on_done=counted, step=step)


def main(
    out: Annotated[Path, typer.Option(help="Folder of models and samples; run again to go on.")],
    training: Annotated[int, typer.Option(help="Training tasks with labelled samples.", min=1)] = 200,
    tasks: Annotated[int, typer.Option(help="Held-out tasks.", min=1)] = 250,
    samples: Annotated[int, typer.Option(help="Samples of each.", min=2)] = 8,
    seeds: Annotated[int, typer.Option(help="Scorers, and draws of the samples.", min=1)] = 3,
    jobs: Annotated[int, typer.Option(help="Processes, of one thread each.", min=1)] = 2,
    write: Annotated[Path | None, typer.Option(help="Write the table between the marks of this document.")] = None,
) -> None:
    """Make what is not there yet, and compare."""
    if write is not None:
        try:
            replaced(write.read_text(encoding="utf-8"), MARK, "")
        except (OSError, ValueError) as error:
            typer.secho(f"error: {error}", fg="red", err=True)
            raise typer.Exit(BAD_INPUT) from error
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"  # of the processes
    console = Console(highlight=False, soft_wrap=True)
    found = [load("builtin", "train"), load("builtin", "test")]
    for part in found:
        random.Random(0).shuffle(part)
    bench = Bench(out.resolve(), found[0][:training], found[1][:tasks], samples, seeds)
    (bench.out / "models").mkdir(parents=True, exist_ok=True)
    make(bench, jobs, console)
    said = (
        f"{tasks} held-out tasks; {seeds} seeds, each with {samples} samples at temperature 1 and scorers of its own, "
        f"which learned from {LABELLED} samples of S for each of {training} training tasks. FLOPs and times are of one "
        f"problem; times are medians of {min(TIMED, tasks)} problems on which all ways take turns, on one thread."
    )
    body = written([measure(bench, generator) for generator in GENERATORS], times(bench), said=said)
    console.print(body, markup=False)
    if write is not None:
        write.write_text(replaced(write.read_text(encoding="utf-8"), MARK, body), encoding="utf-8")


def phases(bench: Bench) -> Iterator[list[Job]]:
    """What is to be made; each phase needs those before it."""
    yield [partial(_once, Path(bench.model("S")), _train_small), *_samples(bench, "L")]
    draw = partial(_gather, bench.model("S"), bench.training, bench.labelled, LABELLED, SAMPLING, 1000)
    yield [draw, *_samples(bench, "S")]
    yield [
        *(partial(_once, Path(bench.model(f"{each} tuned")), partial(_tune, bench, each)) for each in ("S", "L")),
        *(partial(_once, bench.scorer(n, s), partial(_fit, bench, n, s)) for s in range(bench.seeds) for n in SCORERS),
    ]
    yield [*_samples(bench, "S tuned"), *_samples(bench, "L tuned")]


def make(bench: Bench, jobs: int, console: Console) -> None:
    """Does all jobs; what is there already takes no time. Stopped, it ends its processes, which leave nothing half."""
    columns = TextColumn("jobs"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    # In sessions of their own, so that Ctrl-C reaches this process alone.
    pool = ProcessPool(max_workers=jobs, context=get_context("spawn"), initializer=os.setsid)
    try:
        with Progress(*columns, console=console, transient=True) as progress:
            for phase in phases(bench):
                bar = progress.add_task("", total=len(phase))
                for done in as_completed([pool.submit(job, None) for job in phase]):
                    done.result()
                    progress.advance(bar)
    except KeyboardInterrupt:
        console.print("stopped; run the same command again to go on", style="yellow")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        pool.stop()
        pool.join()


def measure(bench: Bench, generator: str) -> Measured:
    """The held-out samples of a generator, what they cost, and how each scorer rates them."""
    config = Policy.load(bench.model(generator)).model.config
    greedy = bench.pools(generator, GREEDILY)
    seeds = []
    for seed in range(bench.seeds):
        place = bench.pools(generator, seed)
        pools = _read(place, bench.test)
        scores = {FINDINGS: [[-(each.charged or 0.0) for each in pool.candidates] for pool in pools]}
        for kind in SCORERS:
            model = RewardModel.load(bench.scorer(kind, seed))
            scores[kind] = [found.tolist() for found in model.rate(pools)]
        seeds.append(Drawn(pools, _spent(place), scores))
    return Measured(generator, config, Drawn(_read(greedy, bench.test), _spent(greedy), {}), seeds)


def times(bench: Bench) -> list[Timed]:
    """How long a problem takes, each way to solve it; all ways take turns on each problem."""
    place = bench.out / "times.json"
    if not place.exists():
        policies = {generator: Policy.load(bench.model(generator)) for generator in ("S", "L")}
        kinds = [kind for kind in SCORERS if not kind.static]  # what pyflakes takes is no part of this
        scorers = {kind: RewardModel.load(bench.scorer(kind, 0)) for kind in kinds}
        ways: list[tuple[str, int, Kind | None]] = [("S", 1, None), ("L", 1, None)]
        ways += [("S", n, kind) for n in SIZES for kind in kinds if n <= bench.samples]
        seconds: dict[tuple[str, int, Kind | None], list[tuple[float, float]]] = {way: [] for way in ways}
        for task in bench.test[:TIMED]:
            for generator, n, kind in random.Random(task.id).sample(ways, len(ways)):
                scorer = None if kind is None else scorers[kind]
                seconds[generator, n, kind].append(_seconds(task, policies[generator], n, scorer))
        rows = [Timed(*way, *map(statistics.median, zip(*found, strict=True))) for way, found in seconds.items()]
        place.write_text(json.dumps([asdict(row) for row in rows]), encoding="utf-8")
    read = json.loads(place.read_text(encoding="utf-8"))
    return [Timed(**{**row, "kind": None if row["kind"] is None else Kind(**row["kind"])}) for row in read]


def _seconds(task: Task, policy: Policy, samples: int, scorer: RewardModel | None) -> tuple[float, float]:
    """CPU and wall time, from the task to the choice."""
    begin = time.process_time(), time.perf_counter()
    [rollouts] = policy.generate([render(task, policy.tokenizer)], samples=samples, sampling=SAMPLING, seed=0)
    if scorer is not None:
        scorer(Pool(task.id, task.prompt, tuple(Candidate(rollout.completion) for rollout in rollouts)))
    return time.process_time() - begin[0], time.perf_counter() - begin[1]


def _train_small(place: Path) -> None:
    tiny.save(*tiny.make(SMALL, tiny.Schedule(), seed=0), place)


def _tune(bench: Bench, base: str, place: Path) -> None:
    policy, labelled = Policy.load(bench.model(base)), _read(bench.labelled, bench.training)
    right = [Example(pool.prompt, each.completion) for pool in labelled for each in pool.candidates if each.passed]
    data = tiny.batches(_endless(right), policy.tokenizer, size=TUNING.batch, seed=0)
    for _ in tiny.train(policy.model, data, TUNING):
        pass
    policy.save(place)


def _fit(bench: Bench, kind: Kind, seed: int, place: Path) -> None:
    model = RewardModel.load(bench.model("S"), layers=kind.layers, pooling="mean", static=kind.static, seed=seed)
    fit(model, _read(bench.labelled, bench.training), FITTING, seed=seed)
    model.save(place)


def _samples(bench: Bench, generator: str) -> Iterator[Job]:
    """The jobs that draw the held-out samples of a generator."""
    draw = partial(_gather, bench.model(generator), bench.test)
    yield partial(draw, bench.pools(generator, GREEDILY), 1, GREEDY, 0)
    for seed in range(bench.seeds):
        yield partial(draw, bench.pools(generator, seed), bench.samples, SAMPLING, seed)


def _gather(model: str, tasks: Sequence[Task], place: Path, samples: int, sampling: Sampling, seed: int) -> None:
    """Writes labelled samples of tasks and what they cost, unless they are there."""
    if place.exists():
        return
    counting = Counting(Policy.load(model))
    with Scorer(("runtime", "pyflakes"), workers=1) as judge:
        pools = list(gather(counting, tasks, judge, samples=samples, sampling=sampling, seed=seed))
    count = len(tasks) * samples
    spent = Spent(prompt=counting.prompt / count, completion=counting.completion / count)
    _tokens(place).write_text(json.dumps(asdict(spent)), encoding="utf-8")
    files.write(place, pools)


def _read(place: Path, tasks: Sequence[Task]) -> list[Pool]:
    """The pools of tasks, in their order."""
    by_id = {pool.task_id: pool for pool in files.load(place)[0]}
    return [by_id[task.id] for task in tasks]


def _tokens(place: Path) -> Path:
    return place.with_suffix(".tokens.json")


def _spent(place: Path) -> Spent:
    return Spent(**json.loads(_tokens(place).read_text(encoding="utf-8")))


def _endless(examples: list[Example]) -> Iterator[Example]:
    rng = random.Random(0)
    while True:
        yield from rng.sample(examples, len(examples))


def _once(place: Path, make: Callable[[Path], None]) -> None:
    """Makes a folder in one move, unless it is there."""
    if not place.exists():
        fresh = place.with_name(f"{place.name}.new")
        make(fresh)
        fresh.rename(place)


if __name__ == "__main__":
    typer.run(main)
