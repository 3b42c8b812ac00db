"""Does a scorer get better from what a policy makes of it? RewardRanker's loop (arXiv 2504.09643) on small programs.

    python -m benchmarks.self_training --out runs/self-training
    python -m benchmarks.self_training --out runs/self-training --write docs/results.md    # the same, and its tables
    python -m benchmarks.self_training --out runs/self-training --report-only              # from what is finished

From each seed a scorer is trained three ways, on the same tasks: in turns with policies whose overrated programs it is
shown (hard negatives); in turns with policies, shown as many of their failing programs, drawn blindly; and once, on as
many labelled programs as the others have come to, all of the generator. All of them choose among the same candidates of
the generator for held-out tasks. Run again to go on: finished stages are not done again, others go on exactly.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.marks import replaced
from rewards.reranking import files
from rewards.reranking.pools import Pool
from trainer import statistics
from trainer.display import Display
from trainer.reranker import loop, ranking
from trainer.reranker.journal import Journal, number
from trainer.reranker.settings import Settings, load
from trainer.reranker.stages import Place
from trainer.statistics import Estimate, percent, points

MARK = "self-training"
"""Of the place in a document."""
BAD_INPUT = 2
HARD, BLIND, SINGLE = "hard", "random", "single"
TITLES = {
    HARD: "loop, hard negatives",
    BLIND: "loop, as many failing programs drawn blindly",
    SINGLE: "single pass, as many labelled programs",
}
BEST_OF = 8
Picked = Mapping[int, Sequence[float]]
"""By seed, for each held-out task the chance that what a scorer picks passes."""
RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Size:
    """How large everything is."""

    seeds: int
    iterations: int
    tasks: int
    held_out: int
    steps: int
    more: tuple[str, ...] = ()
    """`key=value` settings of all runs."""

    @property
    def single_samples(self) -> int:
        """Candidates of a task that the single pass learns from: as many as the loop labels in all."""
        return self.samples * (1 + self.iterations)

    @property
    def samples(self) -> int:
        """Candidates of a task in an iteration."""
        return 8


@dataclass(frozen=True, slots=True)
class Arm:
    """A run: a way to train a scorer, and a seed."""

    kind: str
    seed: int
    size: Size
    out: Path

    @property
    def first(self) -> bool:
        """Whether all others take over its held-out candidates."""
        return (self.kind, self.seed) == (HARD, 0)

    @property
    def folder(self) -> Path:
        """Where the run is."""
        return self.out / f"{self.kind}-{self.seed}"

    @property
    def settings(self) -> Settings:
        """What the run is told."""
        size, alone = self.size, self.kind == SINGLE
        return load(
            settings=[
                f"problems.limit={size.tasks}",
                f"problems.held_out={size.held_out}",
                f"candidates.samples={size.single_samples if alone else size.samples}",
                f"candidates.held_out={2 * BEST_OF}",
                f"loop.iterations={0 if alone else size.iterations}",
                f"negatives.choice={'hard' if alone else self.kind}",
                f"ppo.run.steps={size.steps}",
                "ppo.reward.analyzers=[]",
                "ppo.evaluation.tasks=0",
                "judge.analyzers=[]",
                "run.report=false",
                "ppo.run.report=false",
                f"run.seed={self.seed}",
                f'run.name="{self.folder.name}"',
                f'run.out="{self.out}"',
                *size.more,
            ]
        )

    @property
    def stages(self) -> Mapping[str, Mapping[str, Any]]:
        """Figures of the stages that are finished."""
        return Journal(self.folder).stages if self.folder.exists() else {}

    @property
    def finished(self) -> bool:
        """Whether its last scorer has been measured."""
        return f"{0 if self.kind == SINGLE else self.size.iterations}/measured" in self.stages


def main(
    seeds: Annotated[int, typer.Option(help="Runs of each way.", min=1)] = 5,
    iterations: Annotated[int, typer.Option(help="Turns of policy and scorer.", min=1)] = 3,
    tasks: Annotated[int, typer.Option(help="Training tasks.", min=10)] = 150,
    held_out: Annotated[int, typer.Option(help="Held-out tasks.", min=1)] = 80,
    steps: Annotated[int, typer.Option(help="PPO steps of a policy.", min=1)] = 40,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="SECTION.KEY=VALUE of all runs' configuration; repeatable.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the runs; run again to go on.")] = Path("runs/self-training"),
    only: Annotated[
        str | None,
        typer.Option(
            help="Seeds that this process makes, separated by commas, once 0 has begun; so several share the work."
        ),
    ] = None,
    report_only: Annotated[bool, typer.Option(help="Make no runs; show what is finished.")] = False,
    write: Annotated[Path | None, typer.Option(help="Write the tables between the marks of this document.")] = None,
) -> None:
    """Train scorers in turns with policies and once, from several seeds, and compare them on held-out tasks."""
    console = Console(soft_wrap=True, highlight=False)
    size, status = Size(seeds, iterations, tasks, held_out, steps, tuple(settings or ())), 0
    arms = [Arm(kind, seed, size, out.resolve()) for seed in range(seeds) for kind in (HARD, SINGLE, BLIND)]
    try:
        if write is not None:
            replaced(write.read_text(encoding="utf-8"), MARK, "")
        chosen = range(seeds) if only is None else {int(part) for part in only.split(",")}
        for arm in [] if report_only else arms:
            if arm.seed in chosen and not arm.finished:
                status = _made(arm, console)
                if status or not arm.finished:  # a run that is told to end ends well
                    break
        body = report(size, arms)
    except (ValueError, OSError) as error:
        typer.secho(f"error: {' '.join(str(error).split())}", fg="red", err=True)
        raise typer.Exit(BAD_INPUT) from error
    console.print(body, markup=False)
    if write is not None:
        write.write_text(replaced(write.read_text(encoding="utf-8"), MARK, body), encoding="utf-8")
    raise typer.Exit(status)


def _made(arm: Arm, console: Console) -> int:
    """Makes what is left of a run; the exit status."""
    console.print(arm.folder.name, markup=False)
    if arm.stages or (arm.first and (arm.folder / loop.CONFIG).exists()):
        begun, folder = loop.reopen(arm.folder.name, out=arm.out)
    else:
        shutil.rmtree(arm.folder, ignore_errors=True)
        begun, folder = loop.begin(arm.settings)
        _shared(arm)
    return loop.run(begun, folder, Display(Console(soft_wrap=True)))


def _shared(arm: Arm) -> None:
    """Takes over what is the same in another run: held-out candidates, and the loop up to the first negatives."""
    if arm.first:
        return
    other = Arm(HARD, arm.seed if arm.kind == BLIND else 0, arm.size, arm.out)
    if "held-out" not in other.stages:
        raise ValueError(f"all seeds choose among the candidates in {other.folder}, which are not there yet")
    theirs, ours = Place(other.folder), Place(arm.folder)
    names = ["held-out"]
    shutil.copy(theirs.held_out, ours.held_out)
    if arm.kind == BLIND and "1/pools" in other.stages:
        shutil.copytree(theirs.iteration(0), ours.iteration(0))
        ours.iteration(1).mkdir()
        shutil.copytree(theirs.policy(1), ours.policy(1))
        shutil.copy(theirs.pools(1), ours.pools(1))
        names += [name for name in other.stages if number(name) == 0 and name != "held-out"] + ["1/policy", "1/pools"]
    journal = Journal(arm.folder)
    for name in other.stages:
        if name in names:
            journal.note(name, other.stages[name])


def report(size: Size, arms: Sequence[Arm]) -> str:
    """The tables in Markdown, of all that is measured by now."""
    done = sum(arm.finished for arm in arms)
    head = (
        f"{done} of {len(arms)} runs are finished: {size.tasks} training tasks, {size.samples} labelled programs of "
        f"each in every iteration ({size.single_samples} for the single pass), {size.steps} PPO steps of a policy; "
        f"{size.held_out} held-out tasks with {2 * BEST_OF} candidates of the generator."
    )
    first = next(arm for arm in arms if arm.first)
    if "held-out" not in first.stages:
        return head
    pools = _pools(first)
    found = {
        (kind, turn): _picked([arm for arm in arms if arm.kind == kind], turn, pools)
        for kind in TITLES
        for turn in range(size.iterations + 1)
    }
    begun, single = found[HARD, 0], found[SINGLE, 0]
    lines = [_row("single pass, the programs of iteration 0", 0, begun, (begun, single))]
    lines += [
        _row(TITLES[kind], turn, found[kind, turn], (begun, single))
        for kind in (SINGLE, HARD, BLIND)
        for turn in range(0 if kind == SINGLE else 1, 1 if kind == SINGLE else size.iterations + 1)
    ]
    heads = ("", "iteration", "seeds", f"best of {BEST_OF}", "against iteration 0", "against the single pass")
    last = _against(found[HARD, size.iterations], found[BLIND, size.iterations])
    said = (
        f"Random: {percent(statistics.estimate([float(pool.passed.mean()) for pool in pools]))}; oracle: "
        f"{percent(statistics.estimate(_oracle(pools)))}. Hard negatives against as many drawn blindly, after the last "
        f"iteration: {last} points. Intervals resample seeds and tasks."
    )
    return "\n\n".join([head, _table(heads, lines), said, _why(arms, size)])


def _pools(arm: Arm) -> list[Pool]:
    """The held-out candidates that were judged, the same for all runs."""
    pools = [pool.judged() for pool in files.load(Place(arm.folder).held_out)[0]]
    return [pool for pool in pools if len(pool.candidates) >= BEST_OF]


def _picked(arms: Sequence[Arm], turn: int, pools: Sequence[Pool]) -> Picked:
    """By seed, for each task the chance that the best of `BEST_OF` candidates passes."""
    found = {}
    for arm in arms:
        if f"{turn}/measured" in arm.stages:
            scores = json.loads(Place(arm.folder).scores(turn).read_text(encoding="utf-8"))
            found[arm.seed] = [ranking.picked(scores[pool.task_id], pool.passed, BEST_OF) for pool in pools]
    return found


def _oracle(pools: Sequence[Pool]) -> list[float]:
    return [statistics.pass_at_k(len(pool.passed), int(pool.passed.sum()), BEST_OF) for pool in pools]


def crossed(values: NDArray[np.float64], *, seed: int = 0) -> Estimate:
    """The mean of values [seeds, tasks] with a 95% interval for other seeds and other tasks: both are drawn anew, each
    seed and each task with all of its values (the pigeonhole bootstrap, Owen 2007, arXiv 0712.1111)."""
    generator = np.random.default_rng(seed)
    rows, columns = (
        generator.multinomial(count, np.full(count, 1 / count), size=RESAMPLES) / count for count in values.shape
    )
    means = np.einsum("rs,st,rt->r", rows, values, columns)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(values.mean()), float(low), float(high))


def _row(title: str, turn: int, found: Picked, against: tuple[Picked, Picked]) -> list[str]:
    """A line; a way is not compared with itself."""
    shown = percent(crossed(np.array(list(found.values())))) if found else "-"
    compared = ["" if found is other else _against(found, other) for other in against]
    return [title, str(turn), str(len(found)), shown, *compared]


def _against(one: Picked, other: Picked) -> str:
    """How much better one way does than another, in points, over the seeds that both have."""
    common = sorted(one.keys() & other.keys())
    if not common:
        return "-"
    return points(crossed(np.array([one[seed] for seed in common]) - np.array([other[seed] for seed in common])))


def _why(arms: Sequence[Arm], size: Size) -> str:
    """What the loop found, iteration by iteration."""
    lines = []
    for kind in (HARD, BLIND):
        for turn in range(1, size.iterations + 1):
            stages = [arm.stages for arm in arms if arm.kind == kind and f"{turn}/measured" in arm.stages]
            if not stages:
                continue
            found = [each[f"{turn}/chosen"] for each in stages]
            programs = fmean(each[f"{turn}/pools"]["judged"] for each in stages)
            accuracies = [each["accuracy"] for each in found if each["accuracy"] is not None]
            held_out = [each[f"{turn}/measured"]["means"]["pairwise_accuracy"]["mean"] for each in stages]
            lines.append(
                [
                    TITLES[kind],
                    str(turn),
                    f"{100 * fmean(each[f'{turn}/pools']['pass'] for each in stages):.1f}%",
                    f"{fmean(each['failing'] for each in found):.0f} of {programs:.0f}",
                    f"{fmean(each['negatives'] for each in found):.0f}",
                    f"{fmean(each['positives'] for each in found):.0f}",
                    f"{100 * fmean(accuracies):.1f}%" if accuracies else "-",
                    f"{100 * fmean(held_out):.1f}%",
                    f"{fmean(each[f'{turn}/measured']['reliability']['ece'] for each in stages):.3f}",
                ]
            )
    if not lines:
        return ""
    heads = (
        "",
        "iteration",
        "the policy's programs pass",
        "new and failing",
        "negatives added",
        "positives added",
        "pairs of the policy's programs that the last scorer orders rightly",
        "held-out pairs that the next one orders rightly",
        "its calibration error",
    )
    return "What the policies wrote, means over seeds\n\n" + _table(heads, lines)


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [heads, ["---"] * len(heads), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    typer.run(main)
