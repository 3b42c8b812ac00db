"""A scorer of a few dozen numbers: what analyzers find in a candidate, what its text looks like, and how like the other
candidates it is. Pairs of one problem that passes and does not are told apart by a logistic regression."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from rewards.reranking.features import FEATURES, features
from rewards.reranking.pools import Candidate, Pool, normal
from trainer.reranker.pairs import Rules, build

WORDS = (
    "return",
    "for",
    "while",
    "if",
    "def",
    "lambda",
    "import",
    "pass",
    "print",
    "assert",
    "#",
    '"""',
    "None",
    "[",
    "=",
)
"""What is counted in a text."""
TEXT = ("length", "lines", "depth", "last line returns", "empty", "truncated", *(f"word {word}" for word in WORDS))
COMPANY = ("equal", "like", "names of the prompt")
PENALTY = 1.0
"""Of the squared weights, beside the sum over problems."""
PAIRS = 200
"""Of a problem at most."""

Matrix = NDArray[np.float64]


def names(*, findings: bool) -> tuple[str, ...]:
    """F names of what is looked at."""
    return (*(FEATURES if findings else ()), *TEXT, *COMPANY)


def described(pool: Pool, *, findings: bool) -> Matrix:
    """[N, F], within the problem: each number less its mean, over its spread."""
    if not pool.candidates:
        return np.zeros((0, len(names(findings=findings))))
    found = np.array([_text(each) for each in pool.candidates]).reshape(len(pool.candidates), len(TEXT))
    parts = [found, _company(pool)]
    if findings:
        parts = [np.array([features(each) for each in pool.candidates], dtype=np.float64), *parts]
    raw = np.concatenate(parts, axis=1)
    spread = raw.std(0)
    centred: Matrix = (raw - raw.mean(0)) / np.where(spread > 1e-9, spread, 1.0)
    return centred


def _text(candidate: Candidate) -> list[float]:
    text = candidate.completion
    lines = [line for line in text.splitlines() if line.strip()]
    depth = max((len(line) - len(line.lstrip()) for line in lines), default=0)
    last = bool(lines) and lines[-1].strip().startswith("return")
    counts = [float(np.log1p(text.count(word))) for word in WORDS]
    return [np.log1p(len(text)), np.log1p(len(lines)), depth, last, not lines, candidate.truncated, *counts]


def _company(pool: Pool) -> Matrix:
    """[N, 3]"""
    texts = [normal(each.completion) for each in pool.candidates]
    counts = Counter(texts)
    bags = [frozenset(re.findall(r"\w+|[^\w\s]", text)) for text in texts]
    prompt = frozenset(re.findall(r"\w+", pool.prompt))
    alike = _likeness(bags)
    rows = [
        (np.log(counts[text]), alike[place], len(bag & prompt) / (len(prompt) or 1))
        for place, (text, bag) in enumerate(zip(texts, bags, strict=True))
    ]
    return np.array(rows, dtype=np.float64).reshape(len(texts), len(COMPANY))


def _likeness(bags: Sequence[frozenset[str]]) -> NDArray[np.float64]:
    """[N], the mean share of words that one has in common with each (Jaccard)."""
    places = {word: place for place, word in enumerate(sorted(frozenset().union(*bags)))}
    held = np.zeros((len(bags), len(places)), dtype=np.float32)
    for row, bag in enumerate(bags):
        held[row, [places[word] for word in bag]] = 1.0
    common = held @ held.T
    sizes = held.sum(1)
    shares: NDArray[np.float64] = common / np.maximum(sizes[:, None] + sizes[None, :] - common, 1.0)
    return shares.mean(1)


@dataclass(frozen=True, slots=True)
class Light:
    """A trained one."""

    weights: NDArray[np.float64]
    """[F]"""
    findings: bool

    def __call__(self, pool: Pool) -> NDArray[np.float64]:
        """Scores [N]."""
        found: NDArray[np.float64] = described(pool, findings=self.findings) @ self.weights
        return found


def fitted(pools: Sequence[Pool], *, findings: bool, seed: int = 0) -> Light:
    """The weights under which the pairs of the pools are most probable (Bradley-Terry), each problem counting alike."""
    differences, shares = [], []
    for pool in pools:
        made = build(pool, Rules(most=PAIRS), seed=seed)
        if made.pairs:
            rows = described(made.pool, findings=findings)
            differences.append(np.array([rows[pair.better] - rows[pair.worse] for pair in made.pairs]))
            shares.append(np.full(len(made.pairs), 1 / len(made.pairs)))
    matrix, weight = np.concatenate(differences), np.concatenate(shares)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margins = matrix @ weights
        slopes = -weight / (1 + np.exp(margins))
        value = float(weight @ np.logaddexp(0, -margins) + PENALTY * weights @ weights / 2)
        return value, matrix.T @ slopes + PENALTY * weights

    best = optimize.minimize(loss, np.zeros(matrix.shape[1]), jac=True, method="L-BFGS-B").x
    return Light(best, findings)
