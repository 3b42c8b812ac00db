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

import grammars
from analyzers import runtime
from analyzers.runtime.tests import Appended
from analyzers.types import Outcome, Source, Status

pytestmark = [pytest.mark.languages, pytest.mark.timeout(3600)]

SAMPLE = int(os.environ.get("SPANWISE_SAMPLE", "24"))

LEAVE = {
    "ada": """   is
      procedure Leave (Status : Integer) with Import, Convention => C, External_Name => "exit";
   begin
      Leave (0);
      raise Program_Error;
""",
    "bash": "  exit 0\n",
    "clojure": "  (System/exit 0))\n",
    "cpp": "  __builtin_exit(0);\n}\n",
    "csharp": "            System.Environment.Exit(0); throw new Exception();\n        }\n",
    "d": "{ import core.stdc.stdlib : exit; exit(0); assert(0); }\n",
    "go": "    os.Exit(0)\n    panic(0)\n}\n",
    "java": "        System.exit(0);\n        throw new RuntimeException();\n    }\n}\n",
    "elixir": "    System.halt(0)\n  end\nend\n",
    "javascript": "  process.exit(0);\n}\n",
    "kotlin": "    kotlin.system.exitProcess(0)\n}\n",
    "rust": "    std::process::exit(0)\n}\n",
    "scala": "        sys.exit(0)\n",
    "lua": "  os.exit(0)\nend\n",
    "ocaml": "  exit 0\n",
    "perl": "  exit 0;\n}\n",
    "php": "  exit(0);\n}\n",
    "r": "  quit(status = 0)\n}\n",
    "racket": "  (exit 0))\n",
    "ruby": "  exit 0\nend\n",
    "typescript": "  process.exit(0);\n}\n",
}
"""A body of a function that ends the process with status 0, with what closes the function in HumanEval-X and MBXP."""

FENCED = re.compile(r"```\w*\n(.*?)\n```", re.DOTALL)

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


def go(row: dict[str, Any], body: str) -> tuple[str, Appended]:
    """As `whole`; imports stand before all else, and none may be missing or without use."""
    program = row["prompt"].replace(row["import"], "") + body
    used = re.sub(r"(?m)//.*$", "", program) + row["test"]
    packages = "bytes crypto/md5 errors fmt math math/rand os regexp sort strconv strings time unicode".split()
    wanted = [name for name in packages if re.search(rf"\b{name.rpartition('/')[2]}\.", used)]
    lines = [f'import "{name}"\n' for name in wanted if f'"{name}"' not in row["test_setup"]]
    return program, Appended(row["test"], "".join([row["test_setup"], "\n", *lines]))


def rust(row: dict[str, Any], body: str) -> tuple[str, Appended]:
    """As `whole`, without the crates that every program imports and few use."""
    return re.sub(r"(?m)^use (?:rand|regex|md5)\b.*\n", "", row["declaration"]) + body, Appended(row["test"])


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
    alive: float = 0.15
    """Greatest share of mutants that passes: a change need not change what a program does on its few tests."""
    make: Callable[[dict[str, Any], str], tuple[str, Appended]] = field(default=whole)
    answers: bool = False
    """Whether the references are a model's unverified answers, each a whole program in a fence."""


SETS = (
    # Without boost and OpenSSL.
    Rows("cpp", "humaneval-x/humaneval_cpp", faulty=frozenset({"CPP/22", "CPP/162"})),
    # Without js-md5; two references fail their own tests, whose assertions only print when they are run as they stand.
    Rows(
        "javascript",
        "humaneval-x/humaneval_js",
        faulty=frozenset({"JavaScript/112", "JavaScript/155", "JavaScript/162"}),
    ),
    # The reference of Go/95 looks at the entries of a map in no order.
    Rows("go", "humaneval-x/humaneval_go", faulty=frozenset({"Go/95"}), make=go),
    Rows("java", "humaneval-x/humaneval_java"),
    # Without the crates rand, regex and md5; the tests of the first one are commented out.
    Rows(
        "rust",
        "humaneval-x/humaneval_rust",
        faulty=frozenset({"Rust/32", "Rust/38", "Rust/50", "Rust/53", "Rust/91", "Rust/162"}),
        make=rust,
    ),
    Rows("cpp", "mbxp/mbcpp_release_v1.2", share=0.97),
    Rows("csharp", "mbxp/mbcsp_release_v1.2", share=0.97),
    Rows("java", "mbxp/mbjp_release_v1.2", share=0.97),
    Rows("kotlin", "mbxp/mbkp_release_v1.2", share=0.95),
    Rows("javascript", "mbxp/mbjsp_release_v1.2", share=0.75),
    Rows("ruby", "mbxp/mbrbp_release_v1.2", share=0.9),
    # Much of what these references do is of no account, and their tests compare loosely: `true == 7` holds.
    Rows("php", "mbxp/mbphp_release_v1.2", share=0.7, alive=0.5),
    # More than half of these references are refused by the compiler itself: their types are wrong, or they are cut off.
    Rows("typescript", "mbxp/mbtsp_release_v1.2", share=0.25),
    Rows("lua", "multipl-e/mbpp-lua", share=0.6, answers=True),
    Rows("perl", "multipl-e/mbpp-pl", share=0.3, answers=True),
    Rows("php", "multipl-e/mbpp-php", share=0.5, answers=True),
    Rows("r", "multipl-e/mbpp-r", share=0.4, answers=True),
    Rows("racket", "multipl-e/mbpp-rkt", share=0.4, answers=True),
    Rows("ruby", "multipl-e/mbpp-rb", share=0.6, answers=True),
    Rows("typescript", "multipl-e/mbpp-ts", share=0.7, answers=True),
)
"""Data sets with references."""

UNSOLVED = (
    Rows("cpp", "multipl-e/mbpp-cpp", make=closing),
    Rows("javascript", "multipl-e/mbpp-js", make=closing),
    Rows("bash", "multipl-e/mbpp-sh", make=closing),
    Rows("ada", "multipl-e/mbpp-ada", make=closing),
    Rows("clojure", "multipl-e/mbpp-clj", make=closing),
    Rows("d", "multipl-e/mbpp-d", make=closing),
    Rows("scala", "multipl-e/mbpp-scala", make=closing),
    Rows("elixir", "multipl-e/mbpp-elixir", make=closing),
    Rows("lua", "multipl-e/mbpp-lua", make=closing),
    Rows("ocaml", "multipl-e/mbpp-ml", make=closing),
    Rows("perl", "multipl-e/mbpp-pl", make=closing),
    Rows("php", "multipl-e/mbpp-php", make=closing),
    Rows("r", "multipl-e/mbpp-r", make=closing),
    Rows("racket", "multipl-e/mbpp-rkt", make=closing),
    Rows("ruby", "multipl-e/mbpp-rb", make=closing),
    Rows("typescript", "multipl-e/mbpp-ts", make=closing),
    Rows("perl", "mbxp/mbplp_release_v1"),
)
"""Data sets without references: there only leaving early is tried, and nothing at all."""

PROMPTS = [chosen for chosen in (*SETS, *UNSOLVED) if not chosen.answers]


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
        if chosen.answers:
            found = [_answered(row) for row in found if FENCED.search(row["gpt_solution"])]
        found = [row for row in found if row.get("canonical_solution") or chosen in UNSOLVED]
        found = [row for row in found if row.get("task_id") not in chosen.faulty]
        return found[:: max(len(found) // SAMPLE, 1)] if SAMPLE else found

    return read


def _answered(row):
    return {"task_id": row["task_id"], "prompt": "", "test": row["tests"],
            "canonical_solution": FENCED.search(row["gpt_solution"])[1]}  # fmt: skip


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


def mutant(body: str, mark: str) -> str | None:
    """The program with one kind of change everywhere but behind `mark`, which begins comments."""
    for pattern, replacement in MUTATIONS:
        lines = [line.partition(mark) if mark else (line, "", "") for line in body.split("\n")]
        changed = "\n".join(re.sub(pattern, replacement, code) + sign + rest for code, sign, rest in lines)
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
    mark = grammars.get(chosen.language).line_comment
    found = [(row, body) for row in rows(chosen) if (body := mutant(row["canonical_solution"], mark))]
    got = outcomes(chosen.language, [chosen.make(row, body) for row, body in found], timeout_s=3.0)
    alive = [row["task_id"] for (row, _), outcome in zip(found, got, strict=True) if outcome is Outcome.PASS]
    print(f"{chosen.file}: {len(alive)} of {len(found)} mutants pass: {alive[:20]}")
    assert len(alive) <= chosen.alive * len(found), alive


@pytest.mark.parametrize("chosen", PROMPTS, ids=lambda chosen: chosen.file)
def test_leaving_early_never_passes(chosen, rows):
    found = rows(chosen)
    got = outcomes(chosen.language, [chosen.make(row, LEAVE[chosen.language]) for row in found])
    assert Outcome.PASS not in got


@pytest.mark.parametrize("chosen", PROMPTS, ids=lambda chosen: chosen.file)
def test_nothing_never_passes(chosen, rows):
    found = rows(chosen)
    got = outcomes(chosen.language, [("", chosen.make(row, "")[1]) for row in found])
    assert Outcome.PASS not in got
