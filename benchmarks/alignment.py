"""Time to put charges on tokens: 1000 samples of 512 tokens with 20 spans each. Goal: under 1 s in all.

python benchmarks/alignment.py
"""

from __future__ import annotations

import time

import numpy as np
from rich.console import Console
from rich.table import Table

from analyzers.types import Diagnostic, Kind, Severity, Source, Span
from rewards.align import token_rewards
from rewards.types import Charge, Score

SAMPLES, TOKENS, SPANS = 1000, 512, 20
GOAL_S = 1.0


def samples(rng: np.random.Generator) -> list[tuple[Score, np.ndarray]]:
    made = []
    for _ in range(SAMPLES):
        ends = np.cumsum(rng.integers(1, 7, TOKENS))
        spans = np.stack([np.concatenate([[0], ends[:-1]]), ends], axis=1)
        # One character in fifty takes two bytes, so that offsets have to be computed.
        letters = rng.choice(["x", "é"], size=int(ends[-1]), p=[0.98, 0.02])
        text = "".join(letters).encode()[: int(ends[-1])].decode(errors="ignore").ljust(1)
        starts = rng.integers(0, len(text), SPANS)
        charges = tuple(charge(int(start), min(int(start) + int(rng.integers(0, 200)), len(text))) for start in starts)
        made.append((Score(0.0, 0.0, None, Source(text), text, charges=charges), spans))
    return made


def charge(start: int, end: int) -> Charge:
    span = Span(start, end)
    return Charge(Diagnostic("made", "code", Severity.HIGH, "", span, Kind.NAME), span, -0.1, 10.0)


def naive(score: Score, byte_spans: np.ndarray) -> np.ndarray:
    """The same shares by two loops and an encoding per charge."""
    shares = np.zeros(len(byte_spans))
    for one in score.charges:
        start, end = len(score.completion[: one.span.start].encode()), len(score.completion[: one.span.end].encode())
        end = max(end, start + 1)
        hit = [index for index, (low, high) in enumerate(byte_spans) if low < end and high > start]
        for index in hit:
            shares[index] += one.amount / len(hit)
    return shares


def main() -> None:
    batch = samples(np.random.default_rng(0))
    times = []
    for _ in range(5):
        start = time.perf_counter()
        found = [token_rewards(score, spans) for score, spans in batch]
        times.append(time.perf_counter() - start)
    start = time.perf_counter()
    expected = [naive(score, spans) for score, spans in batch[: SAMPLES // 10]]
    loop = (time.perf_counter() - start) * 10
    worst = max(np.abs(one.shares - other).max() for one, other in zip(found, expected, strict=False))
    table = Table(title=f"{SAMPLES} samples x {TOKENS} tokens x {SPANS} spans, seconds in all")
    for column in ("rewards.token_rewards (median of 5)", "loop in Python", "goal", "largest difference"):
        table.add_column(column, justify="right")
    table.add_row(f"{np.median(times):.3f}", f"{loop:.1f}", f"< {GOAL_S:.0f}", f"{worst:.1e}")
    Console().print(table)


if __name__ == "__main__":
    main()
