"""Choosing among 100 samples of CodeGen-16B for each problem of HumanEval: scorers on problems that they never saw.

    python -m benchmarks.reranker --data DIR --out DIR                             # DIR: humaneval/ and reranker/
    python -m benchmarks.reranker --data DIR --out DIR --write docs/results.md

Samples were published with CodeT (arXiv 2207.10397); they are cut where a function ends and judged by HumanEval's
tests. Problems are split into 5 parts: a scorer learns from four and rates the candidates of the fifth. All orders are
measured on the same candidates. What was found out is kept in --out, from which an interrupted run goes on.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from analyzers.runtime import NAME as RUNTIME
from analyzers.runtime import Limits
from benchmarks.light_scorer import fitted as light
from benchmarks.marks import replaced
from rewards import Scorer
from rewards.reranking import files
from rewards.reranking.pools import Candidate, Pool
from rewards.reranking.recipes import parse
from rewards.reranking.scores import Rank
from trainer.evaluation.samples import Given
from trainer.reranker import ranking, reports
from trainer.reranker.gather import Written, label
from trainer.reranker.measures import against
from trainer.reranker.reports import remembered
from trainer.statistics import points
from trainer.tasks import humaneval, stops
from trainer.tasks.multipl_e import until_stop

if TYPE_CHECKING:
    from rich.table import Table

    from trainer.reranker.model import RewardModel

SAMPLES = "reranker/HumanEval_codegen16B_t0.8_n100.jsonl.gz"
ANALYZERS = ("pylint", "pyflakes", "syntax")
LIMITS = Limits(timeout_s=1.0)
FOLDS = 5
MODEL, LAYERS = "smollm2", 4
SIZES = (1, 2, 4, 8, 16, 32, 64, 100)
FEW = (1, 2, 4, 8)
EPOCHS = 30
FINDINGS, TEXT, LIGHT = (
    "findings (pylint, pyflakes, syntax)", "light scorer, text alone", "light scorer, text and findings",
)  # fmt: skip
WEIGHTS = (0.0, 0.3, 1.0, 3.0, 10.0, 30.0)
"""Among which the weight of what is added to a scorer is chosen, on the problems that are not measured."""


def problems(data: Path) -> list[Written]:
    """The samples of each problem, cut where its function ends.

    The prompt is the one that the generator saw, which is HumanEval's without examples; the examples are public tests.
    """
    with gzip.open(data / "humaneval/HumanEval.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = sorted(map(json.loads, lines), key=lambda row: str(row["task_id"]))  # as CodeT has sorted them
    found = []
    with gzip.open(data / SAMPLES, "rt", encoding="utf-8") as lines:
        for row, line in zip(rows, map(json.loads, lines), strict=True):
            task = replace(humaneval.task(row, ""), prompt=line["prompt"].rstrip(), prefix=line["prompt"])
            texts = [until_stop(text, stops(task)) for text in line["samples"]]
            found.append(Written(task, tuple(Given("", task.id, text) for text in texts)))
    return found


def kept(path: Path, written: Sequence[Written], make: Callable[[Sequence[Written]], Iterator[Pool]]) -> list[Pool]:
    """The pools of a file, after those that it lacks were made."""
    have = {pool.task_id for pool in files.load(path)[0]} if path.exists() else set()
    todo = [each for each in written if each.task.id not in have]
    if todo:
        with files.appending(path) as add:
            for pool in track(make(todo), f"{path.stem}", len(todo), console=Console(stderr=True)):
                add(pool)
    return [pool for pool in files.load(path)[0] if pool.task_id in {each.task.id for each in written}]


def labelled(todo: Sequence[Written]) -> Iterator[Pool]:
    """What tests and analyzers say."""
    with Scorer((RUNTIME, *ANALYZERS), limits=LIMITS) as judge:
        yield from label(todo, judge)


def answered(todo: Sequence[Written]) -> Iterator[Pool]:
    """What candidates answer to the examples of the prompt and to mutants of these."""
    from trainer.reranker.answers import asked, executor, questions

    with executor() as sandbox:
        for each in todo:
            pool, asking = _bare(each, len(each.samples)), questions(each.task)
            programs = [each.task.prefix + sample.text for sample in each.samples]
            yield pool if asking is None else asked(pool, programs, each.task, asking, sandbox)


def likely(count: int) -> Callable[[Sequence[Written]], Iterator[Pool]]:
    """How probable the first candidates are under a small model, which is not the one that wrote them."""

    def make(todo: Sequence[Written]) -> Iterator[Pool]:
        from trainer.policy import Policy
        from trainer.reranker.likelihood import rated

        policy = Policy.load(MODEL, dtype="bfloat16")
        for each in todo:
            yield rated(_bare(each, count), each.task, policy, budget=2048)

    return make


def _bare(written: Written, count: int) -> Pool:
    candidates = tuple(Candidate(sample.text) for sample in written.samples[:count])
    return Pool(written.task.id, written.task.prompt, candidates)


def joined(judged: Sequence[Pool], asked: Sequence[Pool], rated: Sequence[Pool]) -> list[Pool]:
    """Candidates with everything that is known; a problem whose candidates were not asked yet is left out."""
    answers, logprobs = ({pool.task_id: pool.candidates for pool in pools} for pools in (asked, rated))
    found = []
    for pool in judged:
        if pool.task_id not in answers:
            continue
        values = [each.logprob for each in logprobs.get(pool.task_id, ())]
        values += [None] * (len(pool.candidates) - len(values))
        known = zip(pool.candidates, answers[pool.task_id], values, strict=True)
        candidates = tuple(replace(each, answers=other.answers, logprob=logprob) for each, other, logprob in known)
        found.append(replace(pool, candidates=candidates))
    return found


def folds(pools: Sequence[Pool], *, seed: int = 0) -> dict[str, int]:
    """The part to which each problem belongs."""
    order = np.random.default_rng(seed).permutation(len(pools))
    return {pools[place].task_id: number % FOLDS for number, place in enumerate(order)}


@dataclass(frozen=True, slots=True)
class Crossed:
    """Scorers each of which rates the problems of one part alone."""

    ranks: Sequence[Rank]
    part: Mapping[str, int]

    def __call__(self, pool: Pool) -> Any:
        """Scores [N] by the scorer that never saw the problem."""
        return self.ranks[self.part[pool.task_id]](pool)


def crossed(pools: Sequence[Pool], part: Mapping[str, int], fit: Callable[[Sequence[Pool], int], Rank]) -> Rank:
    """A scorer for each part, trained on the others."""
    ranks = []
    for fold in range(FOLDS):
        ranks.append(fit([pool for pool in pools if part[pool.task_id] != fold], fold))
    return remembered(Crossed(ranks, part))


def weighed(pools: Sequence[Pool], part: Mapping[str, int], scorer: Rank, name: str) -> Rank:
    """A scorer with what is added to it, by the weight that is best for the problems of the other parts."""
    added = remembered(parse(name).rank())
    sums = [remembered(partial(_sum, scorer, added, weight)) for weight in WEIGHTS]

    def fit(others: Sequence[Pool], fold: int) -> Rank:
        return sums[int(np.argmax([_worth(others, rank) for rank in sums]))]

    return crossed(pools, part, fit)


def _sum(scorer: Rank, added: Rank, weight: float, pool: Pool) -> NDArray[np.float64]:
    return np.asarray(scorer(pool), dtype=np.float64) + weight * np.asarray(added(pool), dtype=np.float64)


def _worth(pools: Sequence[Pool], rank: Rank) -> float:
    """pass@1 of the best of 8."""
    judged = [found for pool in pools if len((found := pool.judged()).candidates) >= 8]
    return float(np.mean([ranking.picked(rank(pool), pool.passed, 8) for pool in judged]))


def trunk() -> RewardModel:
    """The first layers of a language model, which stay as they are and remember what they have read."""
    from trainer.reranker.model import RewardModel

    model = RewardModel.load(MODEL, layers=LAYERS, pooling="mean", static=True, dtype="bfloat16")
    model.freeze()
    return model


def rewarding(pools: Sequence[Pool], part: Mapping[str, int], model: RewardModel) -> Rank:
    """Reward models with one trunk, whose heads read findings, too."""
    from trainer.reranker.fit import Fitting, fit

    settings = Fitting(train_trunk=False, epochs=EPOCHS, pools=16)

    def train(others: Sequence[Pool], fold: int) -> Rank:
        fresh = model.fresh(seed=fold)
        fit(fresh, others, settings, seed=fold)
        return fresh

    return crossed(pools, part, train)


def orders(pools: Sequence[Pool], part: Mapping[str, int]) -> dict[str, Rank]:
    """What is compared on all candidates, by name."""
    texts = crossed(pools, part, lambda others, fold: light(others, findings=False))
    both = crossed(pools, part, lambda others, fold: light(others, findings=True))
    return {
        FINDINGS: parse("findings").rank(),
        "public tests": parse("public").rank(),
        "CodeT": parse("codet").rank(),
        "MBR-Exec": parse("mbr").rank(),
        "SRank": parse("srank").rank(),
        TEXT: texts,
        LIGHT: both,
        "light scorer + findings": weighed(pools, part, texts, "findings"),
        "light scorer + public tests": parse("scorer,public").rank(both),
        "light scorer + clusters": parse("scorer,summed").rank(both),
        "SRank + public tests": parse("srank,public").rank(),
        "light scorer + SRank": weighed(pools, part, both, "srank"),
    }


def few_orders(
    pools: Sequence[Pool], part: Mapping[str, int], on_all: Mapping[str, Rank], trained: RewardModel
) -> dict[str, Rank]:
    """What is compared on the first candidates, which a language model has read."""
    model = rewarding(pools, part, trained)
    known = {name: on_all[name] for name in (FINDINGS, "SRank", "public tests", TEXT, LIGHT)}
    return {
        **known,
        "reward model": model,
        "reward model + SRank": weighed(pools, part, model, "srank"),
        "reward model + public tests": parse("scorer,public").rank(model),
    }


def likely_orders(pools: Sequence[Pool], part: Mapping[str, int], on_few: Mapping[str, Rank]) -> dict[str, Rank]:
    """What is compared on those whose log-prob is known."""
    known = {name: on_few[name] for name in (LIGHT, "reward model")}
    added = {f"{name} + log-prob": weighed(pools, part, rank, "logprob") for name, rank in known.items()}
    return {"mean log-prob": parse("logprob").rank(), **known, **added}


def described(pools: Sequence[Pool], few: int, seconds: float) -> list[str]:
    """What was compared."""
    texts = sum(len({each.completion for each in pool.candidates}) for pool in pools)
    count = sum(len(pool.candidates) for pool in pools)
    passing = sum(int(pool.passed.sum()) for pool in pools)
    asked = sum(any(each.answers for each in pool.candidates) for pool in pools)
    public = sum(any(each.public is not None for each in pool.candidates) for pool in pools)
    return [
        f"{count:,} candidates ({texts:,} distinct) for {len(pools)} problems; {passing:,} pass",
        f"{public} problems show examples; candidates for {asked} are asked for answers to these and mutants of them",
        f"language models read {few} candidates of each problem; log-probs are those of {MODEL}, not of the generator",
        f"scorers of {FOLDS} parts were trained and everything measured in {seconds:,.0f} s",
    ]


PAIRS = (
    (LIGHT, TEXT),
    (LIGHT, FINDINGS),
    ("light scorer + public tests", "public tests"),
    ("light scorer + SRank", "SRank"),
)


def gains(pools: Sequence[Pool], compared: Mapping[str, Rank], *, n: int) -> list[str]:
    """Paired differences of the best of n in points, a line each."""
    return [
        f"best of {n}, {one} against {other}: {points(against(pools, compared[one], compared[other], n=n))} points"
        for one, other in PAIRS
    ]


def study(pools: Sequence[Pool], model: RewardModel, *, few: int) -> Iterator[str]:
    """What is shown, as Markdown, part by part."""
    begun = time.perf_counter()
    part = folds(pools)
    on_all = orders(pools, part)
    first = [replace(pool, candidates=pool.candidates[:few]) for pool in pools]
    on_few = few_orders(first, part, on_all, model)
    rated = [pool for pool in first if any(each.logprob is not None for each in pool.candidates)]
    sections = [
        ("all candidates", pools, on_all, SIZES),
        (f"the first {few} candidates", first, on_few, FEW),
        (f"the first {few} candidates of {len(rated)} problems", rated, likely_orders(rated, part, on_few), FEW),
    ]
    for title, chosen, those, sizes in sections:
        found = reports.compared(chosen, those, sizes=sizes)
        for table in reports.tables(found, title=title):
            yield markdown(table)
        yield "\n".join(f"- {line}" for line in reports.notes(found))
    lines = [*described(pools, few, time.perf_counter() - begun), *gains(pools, on_all, n=8)]
    yield "\n".join(f"- {line}" for line in lines)


def markdown(table: Table) -> str:
    """A table under its title."""
    rows = zip(*(column.cells for column in table.columns), strict=True)
    rules = ["---", *["---:"] * (len(table.columns) - 1)]
    lines = [[str(column.header) for column in table.columns], rules, *(map(str, row) for row in rows)]
    return "\n".join([f"**{table.title}**", "", *(f"| {' | '.join(line)} |" for line in lines)])


def main(
    data: Annotated[Path, typer.Option(help="Folder with humaneval/ and reranker/.")],
    out: Annotated[Path, typer.Option(help="Folder where what was found out is kept.")],
    few: Annotated[int, typer.Option(help="Candidates of each problem that language models read.", min=1)] = 10,
    write: Annotated[Path | None, typer.Option(help="Document to write the tables to, between its marks.")] = None,
    report_only: Annotated[bool, typer.Option(help="Find out nothing further.")] = False,
) -> None:
    """Prints tables, as Markdown."""
    out.mkdir(parents=True, exist_ok=True)
    written = problems(data)
    known = [] if report_only else written
    pools = joined(
        *(
            kept(out / f"{name}.jsonl", known, make) if known else files.load(out / f"{name}.jsonl")[0]
            for name, make in (("labelled", labelled), ("answered", answered), ("likely", likely(few)))
        )
    )
    body = "\n\n".join(study(pools, trunk(), few=few))
    print(body)
    if write is not None:
        write.write_text(replaced(write.read_text(encoding="utf-8"), "reranker", body), encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
