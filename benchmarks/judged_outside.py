"""What share of the assertions of MBPP, HumanEval and MBXP is judged outside of the program's process.

    python benchmarks/judged_outside.py --data DIR [--list]

All test code runs in the judge, so the question left is which assertions have a value of the judge's own to compare
with. `analyzers.runtime.hearsay` follows the program's answers through the test code; what it finds is counted here by
reason. Two reasons hold only in runs where something happens (an object of the program's own is asked, an argument was
changed); the references of all problems are run to count how often that is so for honest programs.

DIR is a folder with mbpp/, humaneval/ and mbxp/ as published; sets that are absent are left out, and named.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from analyzers import runtime
from analyzers.runtime import hearsay, instrument, walk
from analyzers.runtime.hearsay import Hearsay, When
from analyzers.runtime.tests import Asserts, CheckFunction
from analyzers.types import Outcome, Source
from trainer.tasks import load


@dataclass(frozen=True, slots=True)
class Problem:
    """A reference and its tests."""

    name: str
    program: str
    """The reference."""
    tests: Asserts | CheckFunction


def problems_of(spec: str, split: str) -> list[Problem]:
    return [
        Problem(task.id, task.prefix + (task.reference or ""), task.tests)
        for task in load(spec, split)
        if isinstance(task.tests, Asserts | CheckFunction)
    ]


SETS = {
    "MBPP": ("mbpp", "mbpp/mbpp.jsonl", "all"),
    "sanitized MBPP": ("mbpp", "mbpp/sanitized-mbpp.json", "all"),
    "HumanEval": ("humaneval", "humaneval/HumanEval.jsonl.gz", "test"),
    "MBXP Python": ("mbxp", "mbxp/mbpp_release_v1.jsonl.gz", "all"),
}
"""Name of the task set, file and split of each."""


def assertions(tests: Asserts | CheckFunction) -> list[Hearsay | None]:
    """Each assertion of a suite: None where it is judged outside."""
    pieces = tests.statements if isinstance(tests, Asserts) else (tests.code,)
    module = ast.parse("\n".join([tests.setup, *pieces]))
    entry_point = tests.entry_point if isinstance(tests, CheckFunction) else ""
    names = set(instrument.names_of_the_program(walk.parts(module)))
    return hearsay.assertions(module, names - instrument.MODULES, entry_point)


def main(
    data: Annotated[Path, typer.Option(help="Folder with mbpp/, humaneval/ and mbxp/.")],
    names: Annotated[bool, typer.Option("--list", help="Name the problems behind each reason.")] = False,
) -> None:
    """Prints a table, and with --list the problems."""
    table = Table(title="Assertions judged outside of the program's process")
    for column in ("set", "problems", "assertions", "outside", "share", "depends on the run", "the program's word"):
        table.add_column(column, justify="left" if column == "set" else "right")
    table.add_column("references that pass")
    table.add_column("of them tagged forgeable")
    behind: dict[str, list[str]] = {}
    for title, (name, file, split) in SETS.items():
        if not (data / file).is_file():
            print(f"{title}: no {data / file}, left out", file=sys.stderr)
            continue
        problems = problems_of(f"{name}:{data / file}", split)
        found = Counter[str]()
        for problem in problems:
            for each in assertions(problem.tests):
                found["outside" if each is None else "perhaps" if each.when is not When.ALWAYS else "word"] += 1
                if each is not None:
                    behind.setdefault(f"{title}: {each.reason}", []).append(problem.name)
        verdicts = [
            future.result().verdict
            for future in track(
                [runtime.submit(Source(problem.program), problem.tests) for problem in problems], description=title
            )
        ]
        passed = [verdict for verdict in verdicts if verdict is not None and verdict.outcome is Outcome.PASS]
        total = found.total()
        share = f"{found['outside'] / total:.2%}"
        tagged = sum(verdict.forgeable for verdict in passed)
        counts = (len(problems), total, found["outside"], share, found["perhaps"], found["word"], len(passed), tagged)
        table.add_row(title, *map(str, counts))
    Console().print(table)
    for reason, problems_behind in sorted(behind.items()):
        counted = Counter(problems_behind)
        print(f"{reason}: {counted.total()} assertions" + (f" in {', '.join(counted)}" if names else ""))


if __name__ == "__main__":
    typer.run(main)
