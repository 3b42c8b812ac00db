"""The whole way: completions through real analyzers and a real sandbox to scores."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import rewards
from rewards import Outcome, from_jsonable, jsonable

TESTS = ["assert f(1) == 1", "assert f(2) == 2"]
FAST = ("runtime", "pyflakes", "syntax")


def test_a_program_that_passes_is_ordered_by_its_style() -> None:
    clean = rewards.score("def f(x):\n    return x\n", tests=TESTS)
    untidy = rewards.score("def f(x):\n    unused = 3\n    return x\n", tests=TESTS)
    assert (clean.outcome, clean.value) == (Outcome.PASS, 2.0)
    assert untidy.outcome is Outcome.PASS
    assert clean.value - 0.3 < untidy.value < clean.value  # type: ignore[operator]


def test_an_undefined_name_is_charged_once_and_exactly() -> None:
    completion = 'Sure é😀:\n```python\ndef f(x):\n    s = "é😀"; return x + nope\n```\n'
    score = rewards.score(completion, tests=TESTS, analyzers=("runtime", "pylint", "pyflakes", "ruff"))
    assert score.outcome is Outcome.ERROR
    [charge] = [charge for charge in score.charges if charge.amount]
    assert completion[charge.span.start : charge.span.end] == "nope"
    assert charge.amount == -0.3
    assert from_jsonable(json.loads(json.dumps(jsonable(score)))) == score


def test_schemes_by_name_options_and_function() -> None:
    half = "def f(x):\n    return 1\n"  # passes one of two
    values = {
        name: rewards.score(half, tests=TESTS, analyzers=FAST, scheme=spec).value
        for name, spec in {"binary": "binary", "ratio": "pass_ratio", "coarse": ("rltf", {"adaptive": False})}.items()
    }
    assert values == {"binary": 0.0, "ratio": 0.5, "coarse": -0.3}
    constant = rewards.score(half, tests=TESTS, analyzers=FAST, scheme=lambda evidence: rewards.Reward({"always": 7.0}))
    assert constant.value == 7.0


def test_a_stream_gives_what_a_batch_gives() -> None:
    programs = ["def f(x):\n    return x\n", "def f(x):\n    return 1\n", "def f(x:\n", "def f(x):\n    return y\n"]
    items = [{"completion": program, "tests": TESTS, "task_id": "t"} for program in programs]
    for scheme in ("static", "difficulty"):
        stream = rewards.score_stream((item for item in items), group_size=4, analyzers=FAST, scheme=scheme)
        found = dict(stream)
        batch = rewards.score_batch(items, analyzers=FAST, scheme=scheme)
        assert [found[index].value for index in range(4)] == [score.value for score in batch]


def test_schemes_get_what_they_ask_for() -> None:
    """Lines that ran, the comparison with a reference, and the group: nobody had to switch them on."""
    programs = ["def f(x):\n    y = x\n    if x > 1:\n        y = 3\n    return y\n", "def f(x):\n    return x\n"]
    items = [
        {
            "completion": program,
            "tests": [*TESTS, "assert f(0) == 0"],
            "reference": "def f(x):\n    z = x\n    return z\n",
        }
        for program in [*programs, "def f(x):\n    if x is None:\n        return 0\n    return x\n"]
    ]
    scheme = [{"name": "first_divergence"}, {"name": "executed"}, {"name": "difficulty"}]
    wrong, right, dead = rewards.score_batch(items, analyzers=FAST, scheme=scheme)
    assert (wrong.outcome, right.outcome, dead.outcome) == (Outcome.FAILURE, Outcome.PASS, Outcome.PASS)
    # f(1) passes, so that y and z are partners; in f(2) y takes a value that z never has.
    [charge] = [charge for charge in wrong.charges if charge.diagnostic.code == "first-divergence" and charge.amount]
    assert programs[0][charge.span.start : charge.span.end] == "        y = 3"
    # Two of three programs pass the second test: weights 0.1, 1 / 3 and 0.1, of which the first and last are passed.
    assert wrong.parts["difficulty.difficulty"] == pytest.approx(0.2 / (0.2 + 1 / 3))
    assert [dead.completion[span.start : span.end] for span in dead.exempt] == ["return 0"]
    assert (wrong.exempt, right.exempt) == ((), ())
    assert from_jsonable(json.loads(json.dumps(jsonable(wrong)))) == wrong


@pytest.mark.parametrize(
    ("completion", "outcome"),
    [
        ("", Outcome.ERROR),
        ("x = 1\x00\n", Outcome.SYNTAX_ERROR),
        ("(" * 5000 + ")" * 5000, Outcome.SYNTAX_ERROR),
        ("x = '\ud800'\n", Outcome.SYNTAX_ERROR),
        ("def f(x):\r\n    return x\r\n", Outcome.PASS),
        ('def f(x):\n    return "abc', Outcome.SYNTAX_ERROR),
        ('def f(x):\n    """abc', Outcome.SYNTAX_ERROR),
        ("# " + "x" * 1_000_000 + "\ndef f(x):\n    return x\n", Outcome.PASS),
        ("def f(x):\n    return f(x)\n", Outcome.ERROR),
        ("import os\ndef f(x):\n    os._exit(0)\n", Outcome.ERROR),
    ],
    ids=["empty", "nul", "nested", "surrogate", "crlf", "cut", "triple", "long", "recursion", "exit"],
)
def test_odd_completions_end_in_a_defined_outcome(completion: str, outcome: Outcome) -> None:
    score = rewards.score(completion, tests=TESTS, analyzers=FAST)
    assert score.outcome is outcome
    assert score.value is not None
    assert all(0 <= charge.span.start <= charge.span.end <= len(completion) for charge in score.charges)


def test_an_endless_program_is_charged_as_a_whole() -> None:
    from analyzers.runtime import Limits

    text = "def f(x):\n    while True:\n        x += 1\n"
    score = rewards.score(text, tests=TESTS, analyzers=("runtime",), limits=Limits(timeout_s=0.5))
    assert score.outcome is Outcome.TIMEOUT
    assert [(charge.span.start, charge.span.end, charge.amount) for charge in score.charges] == [(0, len(text), -0.3)]


def test_a_truncated_syntax_error_is_charged_as_a_whole() -> None:
    text = "def f(x):\n    return (x +"
    [charge] = rewards.score(text, tests=TESTS, analyzers=("runtime",), scheme="rltf", truncated=True).charges
    assert (charge.span.start, charge.span.end) == (0, len(text))
    [charge] = rewards.score(text, tests=TESTS, analyzers=("runtime",), scheme="rltf").charges
    assert text[charge.span.start : charge.span.end] == "    return (x +"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"analyzers": ("runtime", "pylnt")}, "pylint"),
        ({"scheme": "statci"}, "static"),
        ({"language": "pyhton"}, "python"),
        ({"referense": "x"}, "reference"),
    ],
)
def test_unknown_names_are_met_with_the_closest(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"did you mean '?{message}'?"):
        rewards.score("x = 1\n", **given)


def test_humaneval_passes_raw_and_as_a_chat_model_answers() -> None:
    path = Path(os.environ.get("SPANWISE_DATA", "../shared/data")) / "humaneval" / "HumanEval.jsonl.gz"
    if not path.exists():
        pytest.skip(f"no HumanEval at {path}; set SPANWISE_DATA")
    problems = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()][30:40]  # 32, 38: helpers
    items = []
    for problem in problems:
        tests = {"check": problem["test"], "entry_point": problem["entry_point"]}
        signature = problem["prompt"].rindex("def ")
        for completion in (
            problem["canonical_solution"],
            f"Here:\n```python\n{problem['prompt']}{problem['canonical_solution']}```\n",
            f"```python\n{problem['prompt'][signature:]}{problem['canonical_solution']}```\n",
        ):
            items.append(
                {"completion": completion, "prefix": problem["prompt"], "tests": tests, "task_id": problem["task_id"]}
            )
    scores = rewards.score_batch(items, analyzers=("runtime",))
    assert [score.task_id for score in scores if score.outcome is not Outcome.PASS] == []


@pytest.mark.parametrize(("test", "status"), [("assert f(1) == 1", 0), ("assert f(1) == 2", 1)])
def test_the_command(tmp_path: Path, test: str, status: int) -> None:
    (tmp_path / "f.py").write_text("def f(x):\n    return x\n")
    command = [
        sys.executable,
        "-m",
        "rewards",
        "f.py",
        "--tests",
        test,
        "--analyzers",
        "runtime,pyflakes",
        "--html",
        "f.html",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (status, "")
    assert "return x" in done.stdout
    assert (tmp_path / "f.html").read_text(encoding="utf-8").startswith("<!doctype html>")
