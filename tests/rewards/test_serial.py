from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from analyzers.types import Outcome, Report, Severity, Source, Status, TestResult, TestStatus, Verdict
from rewards import from_jsonable, jsonable
from rewards.schemes.static import static
from rewards.scorer import settle
from rewards.types import Item, Score

TEXT = "def f(x):\n    return yé + '\ud800\x00'\n"


def full(make: Any) -> Score:
    found = make.evidence(
        Source(TEXT, offset=3, truncated=True),
        Outcome.ERROR,
        passed=1,
        crash=make.crash(TEXT, "yé", "NameError"),
        findings=[make.finding(TEXT, "yé"), make.finding(TEXT, "f", severity=Severity.INFO)],
    )
    broken = Report("ruff", Status.TIMED_OUT, seconds=2.5, detail="too slow")
    found = replace(found, reports=(*found.reports, broken))
    return settle(Item("```" + TEXT, task_id="t/1"), found, static)


def test_a_score_survives_the_way_to_json_and_back(make: Any) -> None:
    score = full(make)
    assert score.charges  # or the test would prove little
    assert from_jsonable(json.loads(json.dumps(jsonable(score)))) == score


def test_nothing_survives_as_nothing() -> None:
    score = Score(None, None, None, Source(""), "")
    assert from_jsonable(json.loads(json.dumps(jsonable(score)))) == score
    infrastructure = replace(
        score,
        outcome=Outcome.INFRASTRUCTURE,
        reports=(Report("runtime", Status.FAILED, verdict=Verdict(Outcome.INFRASTRUCTURE, detail="no sandbox")),),
    )
    assert from_jsonable(jsonable(infrastructure)) == infrastructure


def test_what_a_run_came_to_survives() -> None:
    verdict = Verdict(Outcome.PASS, (TestResult(TestStatus.PASSED, 0.5),), forgeable=True, cpu_s=0.25, executed=(1, 3))
    score = Score(1.0, 1.0, Outcome.PASS, Source(""), "", reports=(Report("runtime", Status.OK, verdict=verdict),))
    assert from_jsonable(json.loads(json.dumps(jsonable(score)))) == score
    assert jsonable(score)["reports"][0]["verdict"]["executed"] == [1, 3]


def test_enumerations_are_words(make: Any) -> None:
    tree = jsonable(full(make))
    assert tree["outcome"] == "error"
    assert tree["charges"][0]["diagnostic"]["severity"] in {"info", "high", "fatal"}
    assert tree["reports"][0]["verdict"]["tests"][0] == {"status": "passed", "seconds": 0.0, "message": ""}
    assert TestResult(TestStatus.PASSED) in full(make).reports[0].verdict.tests  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("value",), "high", "score.value: got str 'high', expected a number"),
        (("value",), True, "score.value: got bool"),
        (("completion",), 3, "score.completion: got int '3', expected str"),
        (("outcome",), "great", "score.outcome: expected one of pass, failure"),
        (("charges", 0, "span", "start"), "1", "score.charges[0].span.start: got str"),
        (("charges", 0, "span", "start"), 10**6, "0 <= start <= end"),
        (("reports",), {}, "score.reports: got dict"),
        (("parts",), [], "score.parts: got list"),
        (("source", "colour"), "red", "score.source: expected the fields of Source; missing [], unknown ['colour']"),
    ],
)
def test_what_is_no_score_is_refused_with_its_place(make: Any, path: tuple[Any, ...], value: Any, message: str) -> None:
    tree: Any = jsonable(full(make))
    place = tree
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(ValueError, match=re.escape(message)):
        from_jsonable(tree)


def test_a_missing_field_is_named(make: Any) -> None:
    tree = jsonable(full(make))
    del tree["base"]
    with pytest.raises(ValueError, match=r"expected the fields of Score; missing \['base'\], unknown \[\]"):
        from_jsonable(tree)
    tree = jsonable(full(make))
    del tree["task_id"], tree["charges"][0]["due"]  # fields that older scores do not have
    assert from_jsonable(tree) == replace(full(make), task_id="", charges=from_jsonable(tree).charges)
    assert from_jsonable(tree).charges[0].due is None
    with pytest.raises(ValueError, match="score: got list"):
        from_jsonable([])  # type: ignore[arg-type]
