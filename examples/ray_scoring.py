"""Scores completions on every core of a Ray cluster, and prints each as it finishes.

    pip install 'spanwise[ray]'
    python examples/ray_scoring.py                    # a cluster of this process alone
    python examples/ray_scoring.py --address auto     # the one that `ray start --head` has started on this machine

Tasks and solutions are the embedded ones; every other solution gets a slip. Kill one of the `ray::Worker` processes
while it runs: every completion still gets its score, once.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator

import rewards
from rewards import Item
from trainer.tasks import builtin


def completions(count: int) -> Iterator[Item]:
    """What a model might write, as it comes."""
    tasks = builtin.tasks("train", count=200, seed=1)
    for number in range(count):
        task = tasks[number % len(tasks)]
        solution = str(task.reference)
        if number % 2:
            solution = solution.replace("return ", "return slip + ")
        yield Item(f"{task.prompt}{solution}\n# {number}\n", tests=task.tests, task_id=task.id, raw=True)


def main() -> None:
    """Scores and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--address", default="", help="of a cluster; without it one is started")
    parser.add_argument("--workers", type=int, help="actors, of one core each (default: all cores of the cluster)")
    parser.add_argument("--count", type=int, default=200, help="completions")
    options = parser.parse_args()

    start = time.monotonic()
    outcomes: Counter[str] = Counter()
    scores = rewards.score_stream(
        completions(options.count),
        analyzers=("runtime", "pyflakes"),
        executor=("ray", {"address": options.address}),
        workers=options.workers,
    )
    for index, score in scores:
        outcome = score.outcome.value if score.outcome else "not run"
        outcomes[outcome] += 1
        charged = "; ".join(f"{c.diagnostic.code} {c.amount:+.2f}" for c in score.charges if c.amount)
        value = "none" if score.value is None else f"{score.value:+.3f}"
        print(f"{time.monotonic() - start:6.2f} s  #{index:<5d} {value}  {outcome:12} {charged}", flush=True)
    print(f"{options.count} completions: {', '.join(f'{n} {outcome}' for outcome, n in sorted(outcomes.items()))}")


if __name__ == "__main__":
    main()
