"""Published programs in many languages: references must pass, and what was broken on purpose must not.

Run with `pytest -m languages`; SPANWISE_SAMPLE is the number of rows of each data set (0: all of them). A further
language is a line in `LEAVE` and lines in `SETS`.
"""

import gzip
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from analyzers import runtime
from analyzers.runtime.tests import Appended
from analyzers.types import Outcome, Source, Status

pytestmark = [pytest.mark.languages, pytest.mark.timeout(3600)]

SAMPLE = int(os.environ.get("SPANWISE_SAMPLE", "24"))

LEAVE = {
    "bash": "  exit 0\n",
    "cpp": "  __builtin_exit(0);\n}\n",
    "javascript": "  process.exit(0);\n}\n",
}
"""A body of a function that ends the process with status 0, with what closes the function in HumanEval-X and MBXP."""

MUTATIONS = (
    (r"\s==", " !="),
    (r"\s<=?\s", " > "),
    (r"\s>=?\s", " < "),
    (r"\s\+\s", " - "),
    (r"\btrue\b", "false"),
    (r"\b0\b", "7"),
    (r"\b1\b", "3"),
)


def whole(row: dict[str, Any], body: str) -> tuple[str, Appended]:
    """Prompt and body as the program, the tests after it (HumanEval-X, MBXP)."""
    return row["prompt"] + body, Appended(row["test"])


def closing(row: dict[str, Any], body: str) -> tuple[str, Appended]:
    """As `whole` with MultiPL-E's names; its tests close the function where the language has braces."""
    return row["prompt"] + body, Appended(row["tests"])


@dataclass(frozen=True)
class Rows:
    """One data set in one language."""

    language: str
    file: str
    """Below the folder of data sets, without `.jsonl.gz`."""
    faulty: frozenset[str] = frozenset()
    """Rows whose reference needs what is not there, or is wrong."""
    share: float = 1.0
    """Least share of the other references that passes: some references of MBXP fail their own tests (JavaScript: their
    parameters are spelled otherwise than the prompt's)."""
    make: Callable[[dict[str, Any], str], tuple[str, Appended]] = field(default=whole)


SETS = (
    # Without boost and OpenSSL.
    Rows("cpp", "humaneval-x/humaneval_cpp", faulty=frozenset({"CPP/22", "CPP/162"})),
    # Without js-md5; two references fail their own tests, whose assertions only print when they are run as they stand.
    Rows(
        "javascript",
        "humaneval-x/humaneval_js",
        faulty=frozenset({"JavaScript/112", "JavaScript/155", "JavaScript/162"}),
    ),
    Rows("cpp", "mbxp/mbcpp_release_v1.2", share=0.97),
    Rows("javascript", "mbxp/mbjsp_release_v1.2", share=0.75),
)
"""Data sets with references."""

UNSOLVED = (
    Rows("cpp", "multipl-e/mbpp-cpp", make=closing),
    Rows("javascript", "multipl-e/mbpp-js", make=closing),
    Rows("bash", "multipl-e/mbpp-sh", make=closing),
)
"""Data sets without references: there only leaving early is tried, and nothing at all."""


@pytest.fixture(scope="module", autouse=True)
def end_pool():
    yield
    runtime.close()


@pytest.fixture
def rows():
    folder = Path(os.environ.get("SPANWISE_DATA", Path(__file__).parents[3] / ".." / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no data sets in {folder}; set SPANWISE_DATA to their folder")

    def read(chosen: Rows) -> list[dict[str, Any]]:
        with gzip.open(folder / f"{chosen.file}.jsonl.gz", "rt", encoding="utf-8") as file:
            found = [json.loads(line) for line in file]
        found = [row for row in found if row.get("canonical_solution") or chosen in UNSOLVED]
        found = [row for row in found if row.get("task_id") not in chosen.faulty]
        return found[:: max(len(found) // SAMPLE, 1)] if SAMPLE else found

    return read


def outcomes(language, programs, timeout_s=5.0):
    """What came of each program on its tests."""
    limits = runtime.Limits(timeout_s=timeout_s)
    futures = [runtime.submit(Source(program, language), tests, limits) for program, tests in programs]
    reports = [future.result() for future in futures]
    for report in reports:
        if report.status is Status.UNAVAILABLE:
            pytest.skip(report.detail)
        assert report.status is Status.OK, report
    return [report.verdict.outcome for report in reports]


def mutant(body: str) -> str | None:
    for pattern, replacement in MUTATIONS:
        changed = re.sub(pattern, replacement, body, count=1)
        if changed != body:
            return changed
    return None


@pytest.mark.parametrize("chosen", SETS, ids=lambda chosen: chosen.file)
def test_references_pass(chosen, rows):
    found = rows(chosen)
    got = outcomes(chosen.language, [chosen.make(row, row["canonical_solution"]) for row in found], timeout_s=10.0)
    failing = [row["task_id"] for row, outcome in zip(found, got, strict=True) if outcome is not Outcome.PASS]
    print(f"{chosen.file}: {len(found) - len(failing)} of {len(found)} pass; not: {failing[:20]}")
    assert len(failing) <= (1 - chosen.share) * len(found), failing


@pytest.mark.parametrize("chosen", SETS, ids=lambda chosen: chosen.file)
def test_mutants_do_not_pass(chosen, rows):
    found = [(row, body) for row in rows(chosen) if (body := mutant(row["canonical_solution"]))]
    got = outcomes(chosen.language, [chosen.make(row, body) for row, body in found], timeout_s=3.0)
    alive = [row["task_id"] for (row, _), outcome in zip(found, got, strict=True) if outcome is Outcome.PASS]
    print(f"{chosen.file}: {len(alive)} of {len(found)} mutants pass: {alive[:20]}")
    # A change need not change what a program does on its few tests.
    assert len(alive) <= 0.15 * len(found), alive


@pytest.mark.parametrize("chosen", [*SETS, *UNSOLVED], ids=lambda chosen: chosen.file)
def test_leaving_early_never_passes(chosen, rows):
    found = rows(chosen)
    got = outcomes(chosen.language, [chosen.make(row, LEAVE[chosen.language]) for row in found])
    assert Outcome.PASS not in got


@pytest.mark.parametrize("chosen", [*SETS, *UNSOLVED], ids=lambda chosen: chosen.file)
def test_nothing_never_passes(chosen, rows):
    found = rows(chosen)
    got = outcomes(chosen.language, [("", chosen.make(row, "")[1]) for row in found])
    assert Outcome.PASS not in got
