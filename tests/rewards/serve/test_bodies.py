from __future__ import annotations

from typing import Any

from analyzers.runtime.tests import Call, Calls

WRONG = [
    ("/score", {"completion": 5}, "completion", "expected a string; got int 5"),
    ("/score", {}, "completion", "Field required"),
    ("/score", {"completion": "x", "langage": "c"}, "langage", "unknown key; did you mean 'language'?"),
    ("/score", {"completion": "x", "language": "pyton"}, "language", "unknown language 'pyton'; did you mean python"),
    ("/score", {"completion": "x", "raw": 1}, "raw", "Input should be a valid boolean; got int 1"),
    ("/score", {"completion": "x", "tests": 7}, "tests", "expected assert statements, or an object with one of"),
    ("/score", {"completion": "x", "tests": {}}, "tests", "expected assert statements, or an object with one of"),
    ("/score", {"completion": "x", "tests": ["a", 3]}, "tests[1]", "expected a string; got int 3"),
    ("/score", {"completion": "x", "tests": {"asserts": "a"}}, "tests.asserts", "Input should be a valid list"),
    ("/score", {"completion": "x", "tests": {"check": "x"}}, "tests.entry_point", "Field required"),
    ("/score", {"completion": "x", "tests": {"stdio": [{"stdin": None}]}}, "tests.stdio[0].stdin", "expected a string"),
    ("/score", {"completion": "x", "tests": {"append": "x", "prefx": ""}}, "tests.prefx", "did you mean 'prefix'?"),
    ("/score", {"completion": "x", "tests": {"wire": ["q"]}}, "tests", "'wire' holds no suite as the client writes it"),
    (
        "/score",
        {"completion": "x", "tests": {"function": "f", "cases": [{"args": []}]}},
        "tests",
        "incomplete test case (KeyError: 'expected')",
    ),
    (
        "/score",
        {"completion": "x", "tests": {"stdio": [], "compare": "exact", "checker": "c"}},
        "tests",
        "tests have a checker or the name of a comparison, got both",
    ),
    ("/score", [], "body", "Input should be a valid dictionary"),
    ("/score", None, "body", ""),
    ("/score", {"completion": "x", "scheme": "statc"}, "scheme", "unknown scheme 'statc'; did you mean 'static'?"),
    ("/score", {"completion": "x", "scheme": [{"name": "static", "weigth": 1}]}, "scheme[0].weigth", "unknown key"),
    ("/score", {"completion": "x", "scheme": {"name": "static", "options": {"cap": -1.0}}}, "scheme", "cap"),
    ("/score", {"completion": "x", "isolation": "none"}, "isolation", "unknown key"),
    ("/score", {"completion": "x", "limits": {"timeout_s": 1e9}}, "limits", "unknown key"),
    ("/score_batch", {"items": [{"completion": "x"}, {}]}, "items[1].completion", "Field required"),
    ("/score_batch", {"items": {"completion": "x"}}, "items", "Input should be a valid list"),
    (
        "/score_batch",
        {"items": [{"completion": "x", "tests": {"function": "f", "cases": [{"args": 1, "expected": 1}]}}]},
        "items[0].tests.cases[0].args",
        "Input should be a valid list; got int 1",
    ),
]


def test_what_is_wrong_is_named_by_its_path(prompt: Any) -> None:
    for path, body, place, message in WRONG:
        answer = prompt.post(path, body)
        assert answer.status_code == 422, (body, answer.text)
        wrong = answer.json()["fields"][0]
        assert wrong["path"] == place, body
        assert message in wrong["message"], body
        assert answer.json()["error"].startswith(f"{place}: ")
    assert prompt.held.asked == []


def test_long_values_and_many_errors_are_cut_in_the_answer(prompt: Any) -> None:
    answer = prompt.post("/score_batch", {"items": [{"completion": [0] * 10_000}] * 50})
    assert len(answer.content) < 5_000
    assert len(answer.json()["fields"]) == 20
    assert "(and 49 more)" in answer.json()["error"]


def test_a_request_chooses_its_scheme_and_all_share_what_was_made_for_it(prompt: Any) -> None:
    told = prompt.judging
    chosen: list[Any] = [
        "binary",
        {"name": "static", "options": {"cap": 0.1}},
        ["static", {"name": "codequal", "weight": 0.5}],
    ]
    for scheme in [*chosen, *chosen]:
        assert prompt.post("/score", {"completion": "a", "scheme": scheme}).status_code == 200
    prompt.post("/score", {"completion": "a"})
    assert told.schemes == [
        ("binary", {}),
        ("static", {"cap": 0.1}),
        [
            {"name": "static", "weight": 1.0, "options": {}},
            {"name": "codequal", "weight": 0.5, "options": {}},
        ],
        None,
    ]


def test_calls_come_with_the_types_that_json_has(prompt: Any) -> None:
    suite = {
        "function": "f",
        "cases": [{"args": [[1, 2.5, None, True, "x"]], "expected": {"a": 1}}],
        "compare": "exact",
    }
    assert prompt.post("/score", {"completion": "a", "tests": suite}).status_code == 200
    expected = Calls("f", (Call(([1, 2.5, None, True, "x"],), {"a": 1}),), "exact")
    assert prompt.held.batches[0][0].tests == expected
