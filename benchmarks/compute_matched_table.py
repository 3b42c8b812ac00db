"""What `compute_matched.py` has measured, as a table: the arithmetic of FLOPs, and figures with paired intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.flops import per_token
from rewards.reranking.pools import Pool
from trainer.reranker import ranking
from trainer.statistics import difference, estimate, percent, points

SIZES = (2, 4, 8)
BASES = ("L, one sample", "L, greedy", "L tuned, greedy")
"""What the others are compared with: at the same temperature, and what a generator alone can do best."""
COLUMNS = ("MFLOPs", "of L's", "CPU ms", "wall ms", "pass@1")
WITH_ALL = "S"
"""The generator whose samples everything orders; for the others one scorer will do."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What orders samples."""

    layers: int
    """Of the scorer; 0 is none."""
    static: bool = False
    """Whether it knows what pyflakes finds, which takes no FLOPs."""

    def __str__(self) -> str:
        scorer = f"a scorer of {self.layers} layer{'s' * (self.layers > 1)}" * bool(self.layers)
        return " with ".join(filter(None, (scorer, "findings" * self.static)))


FINDINGS = Kind(0, static=True)


@dataclass(frozen=True, slots=True)
class Spent:
    """Mean tokens of a sample."""

    prompt: float
    completion: float
    """With the end token."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The samples of one seed, in the order of the tasks."""

    pools: list[Pool]
    spent: Spent
    scores: Mapping[Kind, list[list[float]]]
    """By what orders them, for the candidates of each pool."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The held-out samples of a generator."""

    generator: str
    config: Any
    greedy: Drawn
    seeds: list[Drawn]


@dataclass(frozen=True, slots=True)
class Timed:
    """The median times of a problem."""

    generator: str
    samples: int
    kind: Kind | None
    """What orders the samples; None where there is one."""
    cpu_s: float
    wall_s: float


@dataclass(frozen=True, slots=True)
class Way:
    """One way to solve problems, measured."""

    generator: str
    how: str
    samples: int
    kind: Kind | None
    flops: float
    """Of a problem."""
    values: NDArray[np.float64]
    """[P], the chance to pass: a mean over seeds; NaN where nobody could judge."""

    @property
    def name(self) -> str:
        """What its row is called."""
        return f"{self.generator}, {self.how}"


def layer_weights(config: Any) -> int:
    """Weights of the matrices of one layer of a Llama."""
    queries, keys = config.num_attention_heads * config.head_dim, config.num_key_value_heads * config.head_dim
    return int(config.hidden_size * (2 * queries + 2 * keys + 3 * config.intermediate_size))


def reading(config: Any, spent: Spent) -> float:
    """FLOPs of a token that goes through the layers: 2 for each weight, and attention over half of the length."""
    return float(per_token(config, context=int((spent.prompt + spent.completion) / 2)) - _head(config))


def decoding(config: Any, spent: Spent, samples: int) -> float:
    """FLOPs of the samples of a problem: the prompt is read once, the last token of a sample by nobody, and each token
    that is written takes the head."""
    reads = spent.prompt + samples * (spent.completion - 1)
    return reads * reading(config, spent) + samples * spent.completion * _head(config)


def scoring(config: Any, layers: int, spent: Spent, samples: int) -> float:
    """FLOPs of a scorer of the first `layers` layers of that model, which reads the prompt once and every token of each
    sample; its own head is one row."""
    reads = spent.prompt + samples * spent.completion
    return reads * reading(config, spent) * layers / int(config.num_hidden_layers)


def _head(config: Any) -> int:
    """FLOPs of the output head, of one token."""
    return int(2 * config.hidden_size * config.vocab_size)


def written(measured: Sequence[Measured], timed: Sequence[Timed], *, said: str) -> str:
    """Everything, in Markdown; `said` is what a reader has to know beside it."""
    configs = {each.generator: each.config for each in measured}
    sizes = {name: config.num_hidden_layers * layer_weights(config) for name, config in configs.items()}
    ways = [way for each in measured for way in _ways(each, configs["S"])]
    judged = ~np.isnan(np.stack([way.values for way in ways])).any(0)
    known = {way.name: way.values[judged].tolist() for way in ways}
    times = {(each.generator, each.samples, each.kind): each for each in timed}
    base = next(way for way in ways if way.name == BASES[0])
    head = "".join(f" {name} |" for name in ("", *COLUMNS, *(f"against {name}" for name in BASES)))
    rows = [
        f"| {way.name} | {way.flops / 1e6:.0f} | {way.flops / base.flops:.2f} | {_ms(times, way)} | "
        f"{percent(estimate(known[way.name]))} |"
        + "".join(f" {points(difference(known[name], known[way.name]))} |" for name in BASES)
        for way in ways
    ]
    left_out = f" Left out, because nobody could judge them: {(~judged).sum()}." * bool((~judged).any())
    told = (
        f"The layers of S have {sizes['S']:,} weights, those of L {sizes['L']:,}: {sizes['L'] / sizes['S']:.2f} times "
        f"as many. {said}{left_out}"
    )
    return "\n".join([told, "", f"|{head}", "|" + " --- |" * (len(COLUMNS) + len(BASES) + 1), *rows])


def _ways(measured: Measured, scorer: Any) -> Iterator[Way]:
    """What can be done with the samples of a generator; `scorer` is the configuration of what scorers are made of."""
    name, config, greedy = measured.generator, measured.config, measured.greedy
    yield Way(name, "greedy", 1, None, decoding(config, greedy.spent, 1), _means([greedy], None, 1))
    spent = Spent(
        *(float(np.mean([getattr(each.spent, key) for each in measured.seeds])) for key in ("prompt", "completion"))
    )
    yield Way(name, "one sample", 1, None, decoding(config, spent, 1), _means(measured.seeds, None, 1))
    kinds = list(measured.seeds[0].scores)
    most = len(measured.seeds[0].pools[0].candidates)
    for kind in kinds if name == WITH_ALL else kinds[-1:]:
        for n in (n for n in SIZES if n <= most):
            flops = decoding(config, spent, n) + scoring(scorer, kind.layers, spent, n)
            yield Way(name, f"best of {n} by {kind}", n, kind, flops, _means(measured.seeds, kind, n))


def _means(seeds: Sequence[Drawn], kind: Kind | None, n: int) -> NDArray[np.float64]:
    """[P], the chance that the best of `n` passes, on average over seeds."""
    rows = []
    for each in seeds:
        scores = [[0.0] * len(pool.candidates) for pool in each.pools] if kind is None else each.scores[kind]
        rows.append([_picked(pool, found, n) for pool, found in zip(each.pools, scores, strict=True)])
    found: NDArray[np.float64] = np.mean(np.array(rows, dtype=np.float64), axis=0)
    return found


def _picked(pool: Pool, scores: Sequence[float], n: int) -> float:
    known = [place for place, each in enumerate(pool.candidates) if each.passed is not None]
    if not known:
        return np.nan
    return ranking.picked(np.array(scores)[known], pool.passed[known], min(n, len(known)))


def _ms(times: Mapping[tuple[str, int, Kind | None], Timed], way: Way) -> str:
    """The cells of CPU and wall time; greedy decoding takes as long as a sample does."""
    found = times.get((way.generator, way.samples, way.kind))
    return " | " if found is None else f"{1000 * found.cpu_s:.0f} | {1000 * found.wall_s:.0f}"
