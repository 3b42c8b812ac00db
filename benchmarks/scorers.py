"""The scorers that `scoring.py` compares; each runs in a process of its own, which imports nothing but it.

    python scorers.py NAME JOB.json

The job has the samples, the number of workers and the folder of the peers. The answer is one line of JSON: for each
sample whether all its tests passed, the wall seconds, the CPU seconds of the process and all its descendants, and
further figures by name. Modules of peers are imported when they are needed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil

TIMEOUT_S = 5.0
"""Of a test; verl's and open-r1's own."""
TOKEN_BYTES = 4
ANALYZERS = ("runtime", "pyflakes", "syntax")

Case = dict[str, Any]
"""`args` and `expected`."""
Sample = dict[str, Any]
"""`completion` (a fenced program), `program`, `function`, and `cases`, all of them plain JSON."""
Run = Callable[[list[Sample]], list[bool]]
"""Scores samples; whether all tests of each passed."""


@dataclass(frozen=True)
class Ready:
    """A scorer that has imported what it needs and started what stays."""

    run: Run
    further: Callable[[list[Sample]], dict[str, float]] = lambda samples: {}
    """Figures that are measured afterwards on the same samples."""


@dataclass(frozen=True)
class Scorer:
    """One row of the table."""

    prepare: Callable[[int, Path], Ready]
    """Given the number of workers and the folder of the peers."""
    gives: str
    share: int = 1
    """Of how many samples it gets one, so that a round ends in time."""
    needs: str = ""
    """What the folder of the peers must hold."""
    install: str = ""


def prepare_spanwise(workers: int, peers: Path) -> Ready:
    """The whole path of `score_batch`, and the charges on tokens of four bytes."""
    import numpy as np

    import rewards
    from analyzers.runtime import Limits
    from analyzers.types import Outcome

    scorer = rewards.Scorer(ANALYZERS, scheme="static", limits=Limits(timeout_s=TIMEOUT_S), workers=workers)

    def tokens(scores: list[rewards.Score]) -> None:
        for score in scores:
            size = len(score.completion.encode())
            edges = np.append(np.arange(0, size, TOKEN_BYTES), size)
            rewards.token_rewards(score, np.stack([edges[:-1], edges[1:]], axis=1))

    def run(samples: list[Sample]) -> list[bool]:
        scores = scorer.score_batch(map(as_item, samples))
        tokens(scores)
        return [score.outcome is Outcome.PASS for score in scores]

    def further(samples: list[Sample]) -> dict[str, float]:
        """What is left when the reports of all analyzers are there: CPU ms of this process for each program."""
        given, least = list(map(as_item, samples)), []
        for _ in range(5):
            begin = time.process_time()
            scores = scorer.score_batch(given)
            scored = time.process_time()
            tokens(scores)
            least.append((time.process_time() - begin, scored - begin))
        both, scoring = (1000 * min(times) / len(samples) for times in zip(*least, strict=True))
        return {"overhead_ms": both, "overhead_tokens_ms": both - scoring}

    warm = {"completion": "def f(x):\n    return x\n", "tests": ["assert f(1) == 1"]}
    scorer.score_batch([warm | {"completion": f"{warm['completion']}# {number}\n"} for number in range(4 * workers)])
    return Ready(run, further)


def as_item(one: Sample) -> dict[str, Any]:
    """A sample as spanwise takes it."""
    tests = {"function": one["function"], "cases": one["cases"], "compare": "json"}  # 1 is 1.0, as for `==`
    return {"completion": one["completion"], "tests": tests}


def sandbox_per_test(workers: int, peers: Path) -> Ready:
    """open-r1's loop: for each test an interpreter that gets the program and the input; as many programs at a time as
    there are workers. Its sandboxes are remote ones, which take longer."""

    def passes(one: Sample) -> bool:
        call = f"print(json.dumps({one['function']}(*json.loads(sys.stdin.read()))))"
        code = f"{one['program']}\nimport json, sys\n{call}\n"
        passed = 0
        for case in one["cases"]:
            try:
                done = subprocess.run(
                    [sys.executable, "-c", code],
                    input=json.dumps(case["args"]),
                    text=True,
                    capture_output=True,
                    timeout=TIMEOUT_S,
                )
            except subprocess.TimeoutExpired:
                continue
            passed += done.returncode == 0 and done.stdout.strip() == json.dumps(case["expected"])
        return passed == len(one["cases"])

    def run(samples: list[Sample]) -> list[bool]:
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(passes, samples))

    return Ready(run)


def subprocess_loop(workers: int, peers: Path, *, graded: bool) -> Ready:
    """A synchronous function of `reward_funcs`: for each completion an interpreter runs the program and its assertions;
    if `graded` one for each assertion, so that the reward is a share. TRL calls it in the trainer's process, so that
    there is one at a time."""

    def passes(code: str) -> bool:
        with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
            file.write(code)
            file.flush()
            try:
                done = subprocess.run([sys.executable, file.name], capture_output=True, timeout=TIMEOUT_S)
            except subprocess.TimeoutExpired:
                return False
        return done.returncode == 0

    def reward(completions: list[str], tests: list[list[str]]) -> list[float]:
        rewards = []
        for completion, asserts in zip(completions, tests, strict=True):
            program = completion.split("```python")[-1].split("```")[0]
            parts = asserts if graded else ["\n".join(asserts)]
            rewards.append(sum(passes(f"{program}\n{part}\n") for part in parts) / len(parts))
        return rewards

    def asserts(one: Sample) -> list[str]:
        return [f"assert {one['function']}(*{case['args']!r}) == {case['expected']!r}" for case in one["cases"]]

    def run(samples: list[Sample]) -> list[bool]:
        return [value == 1.0 for value in reward([one["completion"] for one in samples], list(map(asserts, samples)))]

    return Ready(run)


def prime_code(workers: int, peers: Path) -> Ready:
    """verl's own function, called as its default reward does, in as many processes as there are workers."""
    sys.path.append(str(peers / "verl" / "utils" / "reward_score"))  # without the imports of the package above
    import_module("prime_code")

    def run(samples: list[Sample]) -> list[bool]:
        with ProcessPoolExecutor(workers) as pool:
            return list(pool.map(prime_passes, samples))

    return Ready(run)


def prime_passes(one: Sample) -> bool:
    """Runs in a process of the pool."""
    tests = {
        "fn_name": one["function"],
        "inputs": ["\n".join(map(json.dumps, case["args"])) for case in one["cases"]],
        "outputs": [json.dumps(case["expected"]) for case in one["cases"]],
    }
    success, _ = import_module("prime_code").compute_score(one["completion"], tests, continuous=True)
    return bool(success == 1)


SCORERS = {
    "spanwise": Scorer(prepare_spanwise, "verdict per test, findings, charges on tokens"),
    "TRL, a loop over programs": Scorer(partial(subprocess_loop, graded=False), "pass or fail", share=4),
    "TRL, a loop over tests": Scorer(partial(subprocess_loop, graded=True), "share of passed tests", share=8),
    "open-r1's style": Scorer(sandbox_per_test, "share of passed tests", share=8),
    "verl, prime_code": Scorer(
        prime_code,
        "share of passed tests",
        share=16,
        needs="verl/utils/reward_score/prime_code",
        install="pip install --no-deps --target DIR verl==0.9.1",
    ),
}


def cpu_s() -> float:
    """CPU seconds of this process and its descendants, those that have ended included."""
    me = psutil.Process()
    return sum(sum(one.cpu_times()[:4]) for one in [me, *me.children(recursive=True)])


def main(name: str, job_file: str) -> None:
    """Runs one scorer on one job."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # programs print
    ready = SCORERS[name].prepare(job["workers"], Path(job["peers"]))
    before, begin = cpu_s(), time.perf_counter()
    passed = ready.run(job["samples"])
    wall_s = time.perf_counter() - begin
    answer = {"passed": passed, "wall_s": wall_s, "cpu_s": cpu_s() - before}
    json.dump(answer | {"further": ready.further(job["samples"])}, answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
