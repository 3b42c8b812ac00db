from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import grammars
from analyzers.runtime.tests import Appended
from analyzers.types import Outcome
from rewards import score_batch
from rewards.types import Score
from trainer.items import item
from trainer.tasks import BadTasks, Excluded, load, stops, stream
from trainer.tasks.multipl_e import until_stop
from trainer.types import Task

COUNTS = {
    "ada": 365, "bash": 382, "clojure": 397, "cpp": 397, "csharp": 386, "d": 358, "dart": 374, "elixir": 397,
    "go": 374, "haskell": 358, "java": 386, "javascript": 397, "julia": 390, "lua": 397, "ocaml": 358, "perl": 396,
    "php": 397, "python": 397, "r": 397, "racket": 397, "ruby": 397, "rust": 354, "scala": 396, "swift": 396,
    "typescript": 390,
}  # fmt: skip
CPP: dict[str, Any] = {
    "name": "HumanEval_53_add", "language": "cpp", "prompt": "#include<assert.h>\n// Add.\nlong add(long x, long y) {\n",
    "doctests": "transform", "original": "x.py", "prompt_terminology": "reworded", "stop_tokens": ["\n}"],
    "tests": "}\nint main() {\n    auto candidate = add;\n    assert(candidate((2), (3)) == (5));\n}\n",
}  # fmt: skip
ANSWER = "Sure:\n```cpp\n#include <assert.h>\nlong add(long x, long  y)\n{\n    return x + y;\n}\nint main() {}\n```"


def written(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return f"multipl_e:{path}"


def test_a_function_is_closed_once(tmp_path: Path, outcome: Callable[[Task, str], Outcome]) -> None:
    [task] = load(written(tmp_path / "r.jsonl", CPP), "test")
    assert task.tests == Appended(CPP["tests"])
    assert stops(task) == ("\n}",)
    closed = "    return x + y;\n}\n\nlong other() { return 1; }\n"
    assert until_stop(closed, stops(task)) == "    return x + y;"
    assert outcome(task, until_stop(closed, stops(task))) is Outcome.PASS
    assert outcome(task, closed) is not Outcome.PASS
    assert outcome(task, "    return x - y;") is Outcome.FAILURE


def test_a_stop_ends_at_the_first_place_of_any() -> None:
    assert until_stop("a\nb\n}", ("\n}", "\nb")) == "a"
    assert until_stop("a", ("\n}",)) == until_stop("a", ()) == "a"


def test_the_reference_is_the_body_of_the_answer(tmp_path: Path) -> None:
    [task] = load(written(tmp_path / "r.jsonl", {**CPP, "gpt_solution": ANSWER}), "test")
    assert task.reference == "\n    return x + y;"
    assert task.metadata["answer"].endswith("int main() {}\n")
    other = ANSWER.replace("add(", "sum(")
    [task] = load(written(tmp_path / "o.jsonl", {**CPP, "gpt_solution": other}), "test")
    assert task.reference is None


def test_stops_of_the_language_spare_empty_lines(tmp_path: Path) -> None:
    row = {**CPP, "language": "lua", "stop_tokens": ["\nlocal", "\n\n"]}
    spec = written(tmp_path / "r.jsonl", row)
    [published], [own] = load(spec, "test"), load(f"{spec}?stops=language", "test")
    assert stops(published) == ("\nlocal", "\n\n")
    assert stops(own) == grammars.get("lua").stops
    assert "\n\n" not in stops(own)


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("rs", ["assert_eq!(candidate(3, 4, 7), true);", "assert_eq!(candidate(3, 4, 7), false);"]),
        ("cpp", ["assert(candidate((3), (4)) == (true));", "assert(candidate((3), (4)) == (false));"]),
        (
            "cpp",
            [
                "assert(candidate((float(3)), (float(4))) == (true));",
                "assert(candidate((3.0f), (float(4))) == (false));",
            ],
        ),
        ("java", ["assert(f((float)3l, (float)4l) == (true));", "assert(f((3.0f), (float)4l) == (false));"]),
        ("js", ["assert.deepEqual(candidate(3, 4),true);", "assert.deepEqual(candidate(3.0, 4),false);"]),
        ("rkt", ["(check-within (candidate 3 4) #t 0.001)", "(check-within (candidate 3 4) #f 0.001)"]),
    ],
)
def test_tests_that_contradict_each_other_are_left_out(tmp_path: Path, language: str, lines: list[str]) -> None:
    def found(*chosen: str) -> Any:
        row = {**CPP, "language": language, "tests": "\n    ".join(["}", *chosen])}
        return next(stream(written(tmp_path / "r.jsonl", row), "test"))

    excluded = found(*lines)
    assert isinstance(excluded, Excluded)
    assert excluded.task == "HumanEval_53_add"
    assert excluded.why.startswith("the tests contradict each other")
    assert isinstance(found(lines[0], lines[1].replace("3", "5")), Task)
    assert isinstance(found(lines[0], lines[0], "return true", "return false"), Task)


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("py", ["assert candidate(3, 4) == True", "assert candidate(3.0, 4) == False"]),
        ("js", ['assert.deepEqual(candidate("3"),true);', 'assert.deepEqual(candidate("3.0"),false);']),
        ("java", ['assert(f(("((()())))")) == (true));', 'assert(f(("((()()))")) == (false));']),
    ],
)
def test_tests_that_only_look_as_if_they_did_stay(tmp_path: Path, language: str, lines: list[str]) -> None:
    row = {**CPP, "language": language, "tests": "\n    ".join(["}", *lines])}
    assert isinstance(next(stream(written(tmp_path / "r.jsonl", row), "test")), Task)


def test_options_and_bad_rows(tmp_path: Path) -> None:
    spec = written(tmp_path / "r.jsonl", CPP, {**CPP, "language": "cobol"}, {**CPP, "language": "adb"})
    assert [str(each).rpartition(": ")[2][:24] for each in stream(spec, "test") if isinstance(each, Excluded)] == [
        "unknown language 'cobol'"
    ]
    assert [task.language for task in stream(f"{spec}?language=ada", "test") if isinstance(task, Task)] == ["ada"]
    for query, message in (
        ("language=cobol", "no language"),
        ("problems=apps", "humaneval, mbpp"),
        ("stops=x", "no st"),
    ):
        with pytest.raises(BadTasks, match=message):
            load(f"{spec}?{query}", "test")
    with pytest.raises(BadTasks, match="for evaluation only"):
        load(spec, "train")


def test_published_counts(data: Path) -> None:
    found = list(stream(f"multipl_e:{data / 'multipl-e'}", "test"))
    assert not [each for each in found if isinstance(each, Excluded)]
    tasks = [task for task in found if isinstance(task, Task)]
    assert Counter(task.language for task in tasks) == COUNTS
    assert len({task.id for task in tasks}) == len(tasks) == sum(COUNTS.values())
    assert len(load(f"multipl-e:{data / 'multipl-e'}?language=r&problems=mbpp", "test")) == 397
    # The stop token that closes the function is what the tests begin with.
    for task in tasks:
        assert isinstance(task.tests, Appended)
        closing = [stop for stop in task.stops if stop.strip() == "}"]
        assert task.tests.code.lstrip().startswith("}") == bool(closing), task.id
        assert bool(task.suffix) == task.tests.code.lstrip().startswith(("}", "end")), task.id


def test_analyzers_see_a_program_that_is_closed(tmp_path: Path) -> None:
    [task] = load(written(tmp_path / "r.jsonl", CPP), "test")
    assert task.suffix == "\n}\n"

    def scored(completion: str, *analyzers: str) -> Score:
        [score] = score_batch([item(task, completion)], analyzers=analyzers)
        return score

    score = scored("    return x + y;", "runtime", "syntax")
    assert (score.outcome, [report.diagnostics for report in score.reports]) == (Outcome.PASS, [(), ()])
    broken = scored("    return (x + y;", "syntax")
    assert [broken.completion[charge.span.start : charge.span.end] for charge in broken.charges] == ["y;"]


@pytest.mark.parametrize(
    ("tests", "suffix"),
    [
        ("}\n\nfn main() {\n}\n", "\n}\n"),
        ("    }\n    public static void main(String[] args) {\n    }\n\n}\n", "\n    }\n}\n"),
        ("   end Next;\n\nend Placeholder;\n\npragma Ada_2022;\n", "\n   end Next;\n\nend Placeholder;\n"),
        ("unittest\n{\n}\n", ""),
        ("\nmain = do\n", ""),
    ],
)
def test_what_closes_a_program_is_what_its_tests_begin_with(tmp_path: Path, tests: str, suffix: str) -> None:
    [task] = load(written(tmp_path / "r.jsonl", {**CPP, "tests": tests}), "test")
    assert task.suffix == suffix
