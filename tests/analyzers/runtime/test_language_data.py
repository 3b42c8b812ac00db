"""Published programs in many languages: references must pass, and what was broken on purpose must not.

Run with `pytest -m languages`; SPANWISE_SAMPLE is the number of rows of each data set (0: all of them). A further
language is a line in `LEAVE` and lines in `SETS`.
"""

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import grammars
from analyzers import runtime
from analyzers.types import Outcome, Source, Status
from trainer.tasks import load
from trainer.types import Task

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

MUTATIONS = (
    (r"\s==", " !="),
    (r"\s<=?\s", " > "),
    (r"\s>=?\s", " < "),
    (r"\s\+\s", " - "),
    (r"\btrue\b", "false"),
    (r"\b0\b", "7"),
    (r"\b1\b", "3"),
)


@dataclass(frozen=True)
class Rows:
    """One data set in one language."""

    language: str
    tasks: str
    """Name of its task set; its folder has the same, with dashes."""
    faulty: frozenset[str] = frozenset()
    """Rows whose reference needs what is not there, or is wrong."""
    share: float = 1.0
    """Least share of the other references that passes: some references of MBXP fail their own tests (JavaScript: their
    parameters are spelled otherwise than the prompt's)."""
    alive: float = 0.15
    """Greatest share of mutants that passes: a change need not change what a program does on its few tests."""
    answers: bool = False
    """Whether the references are a model's unverified answers, each a whole program."""


SETS = (
    # Without boost and OpenSSL.
    Rows("cpp", "humaneval_x", faulty=frozenset({"CPP/22", "CPP/162"})),
    # Without js-md5; two references fail their own tests, whose assertions only print when they are run as they stand.
    Rows(
        "javascript",
        "humaneval_x",
        faulty=frozenset({"JavaScript/112", "JavaScript/155", "JavaScript/162"}),
    ),
    # The reference of Go/95 looks at the entries of a map in no order.
    Rows("go", "humaneval_x", faulty=frozenset({"Go/95"})),
    Rows("java", "humaneval_x"),
    # Without the crates rand, regex and md5; the tests of the first one are commented out.
    Rows(
        "rust",
        "humaneval_x",
        faulty=frozenset({"Rust/32", "Rust/38", "Rust/50", "Rust/53", "Rust/91", "Rust/162"}),
    ),
    Rows("cpp", "mbxp", share=0.97),
    # The reference of MBCSP/229 fails its own tests.
    Rows("csharp", "mbxp", faulty=frozenset({"MBCSP/229"}), share=0.97),
    Rows("java", "mbxp", share=0.97),
    Rows("kotlin", "mbxp", share=0.95),
    Rows("javascript", "mbxp", share=0.75),
    Rows("ruby", "mbxp", share=0.9),
    # Much of what these references do is of no account, and their tests compare loosely: `true == 7` holds.
    Rows("php", "mbxp", share=0.7, alive=0.5),
    # More than half of these references are refused by the compiler itself: their types are wrong, or they are cut off.
    Rows("typescript", "mbxp", share=0.25),
    Rows("lua", "multipl_e", share=0.6, answers=True),
    Rows("perl", "multipl_e", share=0.3, answers=True),
    Rows("php", "multipl_e", share=0.5, answers=True),
    Rows("r", "multipl_e", share=0.3, answers=True),
    Rows("racket", "multipl_e", share=0.4, answers=True),
    Rows("ruby", "multipl_e", share=0.6, answers=True),
    Rows("typescript", "multipl_e", share=0.7, answers=True),
)
"""Data sets with references."""

UNSOLVED = (
    Rows("cpp", "multipl_e"),
    Rows("javascript", "multipl_e"),
    Rows("bash", "multipl_e"),
    Rows("ada", "multipl_e"),
    Rows("clojure", "multipl_e"),
    Rows("d", "multipl_e"),
    Rows("scala", "multipl_e"),
    Rows("elixir", "multipl_e"),
    Rows("lua", "multipl_e"),
    Rows("ocaml", "multipl_e"),
    Rows("perl", "multipl_e"),
    Rows("php", "multipl_e"),
    Rows("r", "multipl_e"),
    Rows("racket", "multipl_e"),
    Rows("ruby", "multipl_e"),
    Rows("typescript", "multipl_e"),
    Rows("perl", "mbxp"),
)
"""Data sets without references: there only leaving early is tried, and nothing at all."""


def name(chosen: Rows) -> str:
    return f"{chosen.tasks}-{chosen.language}"


PROMPTS = [chosen for chosen in (*SETS, *UNSOLVED) if not chosen.answers]


@pytest.fixture(scope="module", autouse=True)
def end_pool():
    yield
    runtime.close()


@pytest.fixture
def rows():
    data = Path(os.environ.get("SPANWISE_DATA", Path(__file__).parents[3] / ".." / "shared" / "data"))
    if not data.is_dir():
        pytest.skip(f"no data sets in {data}; set SPANWISE_DATA to their folder")

    def read(chosen: Rows) -> list[Task]:
        folder = data / chosen.tasks.replace("_", "-")
        split = "all" if chosen.tasks == "mbxp" else "test"
        found = load(f"{chosen.tasks}:{folder}?language={chosen.language}", split)
        if chosen.answers:
            answered = [task for task in found if "answer" in task.metadata]
            found = [replace(task, prefix="", reference=task.metadata["answer"]) for task in answered]
        found = [task for task in found if task.reference or chosen in UNSOLVED]
        found = [task for task in found if task.id not in chosen.faulty]
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


def mutant(body: str, mark: str) -> str | None:
    """The program with one kind of change everywhere but behind `mark`, which begins comments."""
    for pattern, replacement in MUTATIONS:
        lines = [line.partition(mark) if mark else (line, "", "") for line in body.split("\n")]
        changed = "\n".join(re.sub(pattern, replacement, code) + sign + rest for code, sign, rest in lines)
        if changed != body:
            return changed
    return None


@pytest.mark.parametrize("chosen", SETS, ids=name)
def test_references_pass(chosen, rows):
    found = rows(chosen)
    got = outcomes(chosen.language, [(task.prefix + task.reference, task.tests) for task in found], timeout_s=10.0)
    failing = [task.id for task, outcome in zip(found, got, strict=True) if outcome is not Outcome.PASS]
    print(f"{name(chosen)}: {len(found) - len(failing)} of {len(found)} pass; not: {failing[:20]}")
    assert len(failing) <= (1 - chosen.share) * len(found), failing


@pytest.mark.parametrize("chosen", SETS, ids=name)
def test_mutants_do_not_pass(chosen, rows):
    mark = grammars.get(chosen.language).line_comment
    found = [(task, body) for task in rows(chosen) if (body := mutant(task.reference, mark))]
    got = outcomes(chosen.language, [(task.prefix + body, task.tests) for task, body in found], timeout_s=3.0)
    alive = [task.id for (task, _), outcome in zip(found, got, strict=True) if outcome is Outcome.PASS]
    print(f"{name(chosen)}: {len(alive)} of {len(found)} mutants pass: {alive[:20]}")
    assert len(alive) <= chosen.alive * len(found), alive


@pytest.mark.parametrize("chosen", PROMPTS, ids=name)
def test_leaving_early_never_passes(chosen, rows):
    found = rows(chosen)
    got = outcomes(chosen.language, [(task.prefix + LEAVE[chosen.language], task.tests) for task in found])
    assert Outcome.PASS not in got


@pytest.mark.parametrize("chosen", PROMPTS, ids=name)
def test_nothing_never_passes(chosen, rows):
    found = rows(chosen)
    got = outcomes(chosen.language, [("", task.tests) for task in found])
    assert Outcome.PASS not in got
