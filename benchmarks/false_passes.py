"""Programs that pass the tests of HumanEval or MBPP, and what EvalPlus' tests (HumanEval+, MBPP+) say of them.

Wrong are those that fail EvalPlus' tests; one that merely takes too long there is left out. They are mutants of the
reference by half of the families of operators (the halves change places from task to task) and, of HumanEval, CodeGen's
samples (CodeT, arXiv:2207.10397). What was found is kept in a file, row by row, since it takes far longer than what is
measured with it.
"""

from __future__ import annotations

import gzip
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from analyzers.runtime import Limits, Tier
from analyzers.runtime.tests import CheckFunction
from analyzers.types import Outcome
from trainer.tasks import load
from trainer.tasks.augment.judging import Clock, Judged, judge
from trainer.tasks.augment.mutants import FAMILIES, mutants
from trainer.types import Task

HALVES = tuple(sorted(FAMILIES))[0::2], tuple(sorted(FAMILIES))[1::2]
HELD_BACK = 60
"""Mutants of each task that are tried."""
PATIENCE_S = 600.0
REFERENCE_S = 20.0
"""Seconds that a reference has for a test."""
SAMPLES = "reranker/HumanEval_codegen16B_t0.8_n100.jsonl.gz"
PUBLISHED = {"humaneval": "HumanEvalPlus", "mbpp": "MbppPlus"}
"""How EvalPlus names its files."""
SETS = {"humaneval": ("humaneval_plus", "test"), "mbpp": ("mbpp_plus", "all")}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the programs of a task."""

    task: str
    left_out: str = ""
    """Why nothing is."""
    corrected: bool = False
    """Whether the reference is EvalPlus', since its tests reject the one of the set."""
    wrong: dict[str, list[str]] = field(default_factory=dict)
    right: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pair:
    """A task, and the same with EvalPlus' tests."""

    task: Task
    plus: Task
    own: int
    """How many of EvalPlus' inputs, at the front, are those of the task's own tests."""
    half: int
    """Which half of the families wrong programs are made by; tests are to be chosen with the other one."""

    @property
    def families(self) -> tuple[str, ...]:
        """The families that are not held back."""
        return HALVES[1 - self.half]

    def given(self, known: Known) -> Task:
        """The task with a reference that EvalPlus' tests let pass."""
        return replace(self.task, prefix="", reference=_program(self.plus)) if known.corrected else self.task


def pairs(name: str, data: Path, plus: Path, *, every: int = 1) -> Iterator[Pair]:
    """Each n-th of the tasks of a set that EvalPlus has tests for."""
    plus_name, split = SETS[name]
    extended = {_number(task): task for task in load(f"{plus_name}:{plus}", "test")}
    own = _own_inputs(name, plus)
    tasks = [task for task in load(f"{name}:{data / name}", split) if _number(task) in extended]
    for index, task in enumerate(tasks):
        if index % every == 0:
            number = _number(task)
            yield Pair(task, extended[number], own[number], half=index // every % 2)


def _own_inputs(name: str, plus: Path) -> dict[str, int]:
    """How many of EvalPlus' inputs of each task are those of its own tests."""
    found = {}
    for file in plus.glob(f"{PUBLISHED[name]}*.jsonl.gz"):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            found |= {str(row["task_id"]).rpartition("/")[2]: len(row["base_input"]) for row in map(json.loads, lines)}
    return found


def known(found: Iterator[Pair], samples: dict[str, list[str]], path: Path) -> Iterator[tuple[Pair, Known]]:
    """What is known of the programs of each task; what is in the file is not found out again."""
    earlier = {}
    if path.exists():
        earlier = {row["task"]: Known(**row) for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}
    with path.open("a", encoding="utf-8") as kept:
        for pair in found:
            told = earlier.get(pair.task.id)
            if told is None:
                told = judged(pair, samples.get(str(pair.task.metadata.get("entry_point", "")), []))
                kept.write(json.dumps(asdict(told)) + "\n")
                kept.flush()
            yield pair, told


def on_like_inputs(programs: Sequence[str], pair: Pair) -> list[bool]:
    """Whether each of some wrong programs is wrong on an input of the types that the task's own tests use, too.

    EvalPlus changes types: it has texts and mappings where lists are asked for, truth values among numbers.
    """
    tests = pair.plus.tests
    assert isinstance(tests, CheckFunction)
    before, _, rest = tests.setup.partition("\nINPUTS = ")
    text, _, after = rest.partition("\n")
    inputs = eval(text, {"inf": math.inf, "nan": math.nan})
    usual = [_kinds(place) for place in zip(*inputs[: pair.own], strict=True)]
    alike = [given for given in inputs if len(given) == len(usual) and all(map(_within, given, usual))]
    like = replace(pair.plus, tests=replace(tests, setup=f"{before}\nINPUTS = {alike!r}\n{after}"))
    return [each.outcome in (Outcome.FAILURE, Outcome.ERROR) for each in verdicts(programs, like)]


def _within(value: Any, kinds: set[str]) -> bool:
    return _kinds((value,)) <= kinds


def _kinds(values: Iterable[Any], path: str = "") -> set[str]:
    """The types of values, and of what is in them."""
    found = set()
    for value in values:
        found.add(here := f"{path}/{type(value).__name__}")
        if isinstance(value, list | tuple | set | dict):
            found |= _kinds(value, here)
        if isinstance(value, dict):
            found |= _kinds(value.values(), f"{here}:value")
    return found


def judged(pair: Pair, samples: Sequence[str]) -> Known:
    """What EvalPlus' tests say of mutants and samples of a task that pass its own."""
    own, extended = _program(pair.task), _program(pair.plus)
    (by_plus,) = verdicts([own], pair.plus, timeout_s=REFERENCE_S)
    corrected = by_plus.outcome in (Outcome.FAILURE, Outcome.ERROR)
    if by_plus.outcome is Outcome.TIMEOUT:
        return Known(pair.task.id, "the reference has no time for EvalPlus' tests")
    reference = extended if corrected else own
    if not all(each.passes for each in verdicts([reference], pair.task, timeout_s=REFERENCE_S)):
        return Known(pair.task.id, "no reference passes the tests of both")
    made = mutants(reference, "python", count=HELD_BACK, seed=1, families=HALVES[pair.half])
    wrong: dict[str, list[str]] = {}
    (by_own,) = verdicts([extended], pair.task, timeout_s=REFERENCE_S)
    right: dict[str, list[str]] = {"EvalPlus' references": [extended] if by_own.passes else []}
    if not corrected:
        right["the set's references"] = [own]
    for name, programs in (("mutants", [each.program for each in made]), ("samples", samples)):
        passing = [text for text, each in zip(programs, verdicts(programs, pair.task), strict=True) if each.passes]
        told = list(zip(passing, verdicts(passing, pair.plus), strict=True))
        wrong[name] = [text for text, each in told if each.outcome in (Outcome.FAILURE, Outcome.ERROR)]
        if name == "samples":
            right[name] = [text for text, each in told if each.passes]
    return Known(pair.task.id, "", corrected, wrong, right)


def verdicts(programs: Sequence[str], task: Task, *, timeout_s: float = 0.5) -> list[Judged]:
    """What comes of programs on the tests of a task."""
    limits = Limits(timeout_s=timeout_s)
    return judge(programs, "python", task.tests, limits=limits, isolation=Tier.STANDARD, clock=Clock.of(PATIENCE_S))


def codegen(data: Path, most: int) -> dict[str, list[str]]:
    """The first different programs for each function of HumanEval, by its name; none where the file is not there."""
    found: dict[str, list[str]] = {}
    path = data / SAMPLES
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                name = re.findall(r"^def (\w+)\(", row["prompt"], re.MULTILINE)[-1]
                found[name] = [row["prompt"] + text for text in list(dict.fromkeys(row["samples"]))[:most]]
    return found


def _program(task: Task) -> str:
    return task.prefix + (task.reference or "")


def _number(task: Task) -> str:
    return task.id.rpartition("/")[2]
