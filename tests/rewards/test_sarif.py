from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import AnalyzerFailed
from analyzers.positions import LineTable
from analyzers.sarif import CODEPOINTS, from_sarif
from analyzers.sarif_report import SarifReport
from analyzers.types import Diagnostic, Kind, Outcome, Report, Severity, Source, Span, Status, Verdict
from rewards.extract import extract
from rewards.sarif import to_sarif
from rewards.schemes import resolve
from rewards.scorer import settle
from rewards.types import Charge, Evidence, Item, Score

SCHEMA = json.loads((Path(__file__).parent / "schema" / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
TEXT = "def f(x):\r\n    s = 'é😀日'; return y\r\n"


def valid(tree: dict[str, Any]) -> dict[str, Any]:
    """The one run of a log that the schema accepts."""
    tree = json.loads(json.dumps(tree))
    jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(tree)
    (run,) = tree["runs"]
    for result in run["results"]:
        for location in result["locations"]:
            assert location["physicalLocation"].get("region", {"startLine": 1})["startLine"] >= 1
        if "ruleIndex" in result:
            assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    found: dict[str, Any] = run
    return found


def scored(completion: str, *reports: Report, tested: bool = False, raw: bool = True, **item: Any) -> Score:
    given = Item(completion, raw=raw, **item)
    return settle(given, Evidence(extract(completion, raw=raw), reports, tested), resolve("static"))


def findings(run: dict[str, Any]) -> list[dict[str, Any]]:
    return [result for result in run["results"] if result["ruleId"] != "tests"]


def test_a_finding_with_its_place_its_rule_and_what_it_costs(make: Any, tmp_path: Path) -> None:
    report = Report("pyflakes", Status.OK, (make.finding(TEXT, "y", severity=Severity.HIGH),))
    (tmp_path / "a b.py").write_bytes(TEXT.encode())
    run = valid(to_sarif([scored(TEXT, report, task_id="a b.py")], root=tmp_path))
    (result,) = findings(run)
    assert result["message"] == {"text": "undefined-name at 33 [-0.100]"}
    assert (result["ruleId"], result["level"]) == ("pyflakes/undefined-name", "error")
    assert result["properties"] == {"amount": -0.1, "note": "", "severity": "high", "kind": "name"}
    (place,) = result["locations"]
    assert place["physicalLocation"]["artifactLocation"] == {"uri": "a%20b.py", "uriBaseId": "SRCROOT", "index": 0}
    # `    s = 'é😀日'; return y`: 22 characters stand before y, which take 22 + 1 + 3 + 2 bytes; the line before has 11
    assert place["physicalLocation"]["region"] == {
        "startLine": 2,
        "startColumn": 23,
        "endLine": 2,
        "endColumn": 24,
        "charOffset": 33,
        "charLength": 1,
        "byteOffset": 39,
        "byteLength": 1,
        "snippet": {"text": "y"},
    }
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["originalUriBaseIds"]["SRCROOT"]["uri"] == f"{tmp_path.resolve().as_uri()}/"
    assert run["tool"]["driver"]["rules"] == [
        {
            "id": "pyflakes/undefined-name",
            "shortDescription": {"text": "undefined-name, as pyflakes reports it"},
            "defaultConfiguration": {"level": "error"},
            "properties": {"tags": ["name"]},
        }
    ]
    (artifact,) = run["artifacts"]
    assert (artifact["length"], "contents" in artifact) == (len(TEXT.encode()), False)
    assert artifact["properties"] == {"value": -0.1, "base": 0.0, "outcome": None, "parts": {}}


def test_what_costs_nothing_is_there_with_the_reason(make: Any) -> None:
    style = make.finding(TEXT, "s", analyzer="ruff", code="F841", severity=Severity.LOW, kind=Kind.STYLE)
    name = make.finding(TEXT, "y")
    score = scored(TEXT, Report("ruff", Status.OK, (style,)), Report("pyflakes", Status.OK, (name,)))
    (first, second) = findings(valid(to_sarif([score])))
    assert (first["properties"]["note"], first["message"]["text"][-7:]) == ("gated", "[gated]")
    assert second["properties"]["amount"] == -0.1
    uncounted = replace(score, charges=())
    assert {one["properties"]["amount"] for one in findings(valid(to_sarif([uncounted])))} == {None}


@pytest.mark.parametrize(
    ("severity", "level", "score"),
    [
        (Severity.INFO, "note", "0.5"),
        (Severity.LOW, "note", "2.0"),
        (Severity.MEDIUM, "warning", "5.5"),
        (Severity.HIGH, "error", "8.0"),
        (Severity.CRITICAL, "error", "9.5"),
        (Severity.FATAL, "error", "10.0"),
    ],
)
def test_levels_and_scores_of_security(make: Any, severity: Severity, level: str, score: str) -> None:
    found = make.finding(TEXT, "y", severity=severity, kind=Kind.SECURITY)
    run = valid(to_sarif([scored(TEXT, Report("bandit", Status.OK, (found,)))]))
    assert findings(run)[0]["level"] == level
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["properties"] == {"tags": ["security"], "security-severity": score}


def test_the_tests_of_each_program(make: Any) -> None:
    good = scored("x = 1\n", make.runtime(Outcome.PASS, 2, 2), tested=True, task_id="good")
    bad = scored("f(2)\n", make.runtime(Outcome.FAILURE, 1, 3), tested=True, task_id="bad")
    broken = Report(
        "runtime", Status.FAILED, detail="no disk", verdict=Verdict(Outcome.INFRASTRUCTURE, detail="no disk")
    )
    run = valid(to_sarif([good, bad, scored("x", broken, tested=True, task_id="lost"), scored("y")]))
    said = [(one["kind"], one["level"], one["message"]["text"]) for one in run["results"]]
    assert said == [
        ("pass", "none", "pass: 2 of 2 tests passed"),
        ("fail", "error", "failure: 1 of 3 tests passed"),
        ("open", "none", "infrastructure: 0 of 0 tests passed; no disk"),
    ]
    assert [artifact["properties"]["outcome"] for artifact in run["artifacts"]] == [
        "pass",
        "failure",
        "infrastructure",
        None,
    ]


def test_an_analyzer_that_failed_is_not_clean(tmp_path: Path) -> None:
    reports = [
        Report("ruff", Status.UNAVAILABLE, detail="not installed"),
        Report("eslint", Status.NOT_APPLICABLE, detail="for javascript"),
        Report("pylint", Status.TIMED_OUT, detail="10 s"),
    ]
    tree = to_sarif([scored(TEXT, *reports, task_id="a.py"), scored("x = 1\n", task_id="b.py")])
    (invocation,) = valid(tree)["invocations"]
    assert {one["level"] for one in invocation["toolExecutionNotifications"]} == {"error"}
    assert [(one["descriptor"]["id"], one["message"]["text"]) for one in invocation["toolExecutionNotifications"]] == [
        ("ruff/unavailable", "ruff unavailable: not installed"),
        ("pylint/timed_out", "pylint timed_out: 10 s"),
    ]
    (tmp_path / "scores.sarif").write_text(json.dumps(tree))
    again = SarifReport("again", tmp_path / "scores.sarif")
    assert again.run([Source("x = 1\n")]) == [()]
    with pytest.raises(AnalyzerFailed, match="spanwise says that it failed: 'ruff unavailable: not installed'"):
        again.run([Source(TEXT)])


def test_fingerprints_stay_when_a_finding_moves_and_differ_when_there_are_two(make: Any) -> None:
    def fingerprints(text: str) -> list[str]:
        starts = [index for index, sign in enumerate(text) if sign == "y"]
        found = tuple(make.finding(text, Span(start, start + 1)) for start in starts)
        run = valid(to_sarif([scored(text, Report("pyflakes", Status.OK, found))]))
        return [one["partialFingerprints"]["finding/v1"] for one in findings(run)]

    assert fingerprints("a = y + 1\n") == fingerprints("\n# z\n  b = y  + 1\n")
    first, second = fingerprints("a = y\nb = y\n")
    assert (first[:-1], first[-1], second[:-1], second[-1]) == (first[:-1], "1", first[:-1], "2")
    assert fingerprints("a = y + 1\n") != fingerprints("a = y + 2\n")


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("", {"uri": "completion", "uriBaseId": "SRCROOT"}),
        ("HumanEval/0", {"uri": "HumanEval/0", "uriBaseId": "SRCROOT"}),
        ("a:b c#d?é", {"uri": "a%3Ab%20c%23d%3F%C3%A9", "uriBaseId": "SRCROOT"}),
        ("/elsewhere/a b.py", {"uri": "file:///elsewhere/a%20b.py"}),
        ("x\0y", {"uri": "x%00y", "uriBaseId": "SRCROOT"}),
        ("x" * 5000, {"uri": "x" * 5000, "uriBaseId": "SRCROOT"}),
        ("\udcff", {"uri": "%ED%B3%BF", "uriBaseId": "SRCROOT"}),
    ],
)
def test_names_become_uris_and_what_is_no_file_is_in_the_log(tmp_path: Path, name: str, uri: dict[str, str]) -> None:
    (artifact,) = valid(to_sarif([scored(TEXT, task_id=name)], root=tmp_path))["artifacts"]
    assert (artifact["location"], artifact["contents"]) == (uri, {"text": TEXT})


def test_samples_of_one_task_have_names_of_their_own() -> None:
    run = valid(to_sarif([scored("x", task_id="t"), scored("y", task_id="t"), scored("z", task_id="u")]))
    assert [artifact["location"]["uri"] for artifact in run["artifacts"]] == ["t~1", "t~2", "u"]


def test_findings_stand_in_the_completion_and_not_in_the_program_that_was_found_in_it(make: Any) -> None:
    completion = "Sure! 😀\n```python\ns = 'é'; y\n```\n"
    source = extract(completion)
    finding = make.finding(source.text, "y")
    evidence = Evidence(source, (Report("pyflakes", Status.OK, (finding,)),))
    score = settle(Item(completion), evidence, resolve("static"))
    ((*_, result),) = (findings(valid(to_sarif([score]))),)
    region = result["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"], region["snippet"]) == (3, 10, {"text": "y"})


def test_it_reads_back_to_the_same_spans(make: Any, tmp_path: Path) -> None:
    spans = [Span(TEXT.index(word), TEXT.index(word) + len(word)) for word in ("def f(x):", "'é😀日'", "return", "y")]
    found = tuple(make.finding(TEXT, span, code=f"C{index}") for index, span in enumerate(spans))
    score = scored(TEXT, make.runtime(Outcome.PASS, 1, 1), Report("pyflakes", Status.OK, found), tested=True)
    path = tmp_path / "scores.sarif"
    path.write_text(json.dumps(to_sarif([score, scored("clean = 1\n")])))
    read, clean = SarifReport("again", path).run([Source(TEXT), Source("clean = 1\n")])
    assert [one.span for one in read] == spans
    assert [one.code for one in read] == [f"pyflakes/C{index}" for index in range(4)]
    assert {one.kind for one in read} == {Kind.NAME}
    assert clean == ()


@given(st.text(alphabet="aé😀\r\n\u2028\ufeff \udc80", max_size=30), st.data())
def test_any_span_of_any_text_reads_back(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    charge = Charge(Diagnostic("a", "C", Severity.HIGH, "m", Span(start, end), Kind.NAME), Span(start, end), -0.1)
    score = Score(-0.1, 0.0, None, Source(text), text, charges=(charge,))
    (read,) = from_sarif()(json.dumps(to_sarif([score])))
    assert read.line is not None
    span = LineTable(text).span(CODEPOINTS, read.line, read.column, read.end_line, read.end_column)
    assert span.end <= len(text)
    if text[start:end].strip("\r\n") == text[start:end] != "":
        assert span == Span(start, end)
