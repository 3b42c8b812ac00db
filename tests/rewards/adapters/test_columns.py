"""Tables to items: names, defaults, and the tests that tables can hold."""

import json

import pytest

from analyzers.runtime.tests import Asserts, BadTests, Call, Calls
from rewards.adapters import columns

ASSERTS = ["assert f(1) == 1"]


def test_columns_are_called_as_the_fields_where_nothing_else_is_said():
    (item,) = columns.items(
        ["x = 1"],
        {
            "tests": [ASSERTS],
            "holdout": ["assert f(2) == 2"],
            "prefix": ["import os\n"],
            "task_id": ["a/1"],
            "other": [7],
        },
        columns.complete(),
        language="python",
    )
    assert item.holdout == Asserts(("assert f(2) == 2",))
    assert (item.completion, item.tests, item.prefix, item.task_id, item.language, item.reference) == (
        "x = 1",
        Asserts(("assert f(1) == 1",)),
        "import os\n",
        "a/1",
        "python",
        None,
    )


def test_other_names_are_mapped_and_a_field_can_be_left_out():
    names = columns.complete({"tests": "checks", "language": "lang", "reference": None})
    table = {"checks": [ASSERTS, None], "lang": ["lua", None], "reference": ["from another world", "x"]}
    first, second = columns.items(["a", "b"], table, names, language="ruby")
    assert (first.language, first.tests, first.reference) == ("lua", Asserts(tuple(ASSERTS)), None)
    assert (second.language, second.tests) == ("ruby", None)


def test_a_column_can_hold_more_than_it_does_today():
    assert {"tests", "language", "prefix", "reference", "task_id"} <= set(columns.FIELDS)
    assert not {"completion", "truncated"} & set(columns.FIELDS)


def test_an_unknown_field_is_refused_with_the_closest_one():
    with pytest.raises(ValueError, match=r"the field 'test' of an item; did you mean 'tests'"):
        columns.complete({"test": "checks"})


@pytest.mark.parametrize("names", [{}, {"tests": "checks"}])
def test_a_dataset_without_the_tests_is_refused_with_the_columns_that_it_has(names):
    wanted = names.get("tests", "tests")
    with pytest.raises(ValueError, match=rf"no column '{wanted}' for 'tests'; its columns: answer, prompt; name"):
        columns.check(columns.complete(names), ["prompt", "answer"], given=names)


def test_tests_can_be_left_out_on_purpose_and_other_columns_may_be_missing():
    columns.check(columns.complete({"tests": None}), ["prompt"], given={"tests": None})
    columns.check(columns.complete(), ["prompt"], tests=False)
    with pytest.raises(ValueError, match="no column 'lang' for 'language'"):
        columns.check(columns.complete({"language": "lang"}), ["tests"], given={"language": "lang"})


def test_tests_may_be_json_text_and_keys_that_arrow_added_are_left_out():
    calls = {"function": "f", "cases": [{"args": [1, "a"], "expected": None}]}
    suite = Calls("f", (Call((1, "a"), None),))
    assert columns.suite(json.dumps(calls)) == suite
    assert columns.suite({**calls, "asserts": None, "compare": None, "stdio": None}) == suite
    assert columns.suite(json.dumps(ASSERTS)) == Asserts(tuple(ASSERTS))
    assert columns.suite("assert f([1]) == {}") == Asserts(("assert f([1]) == {}",))
    assert columns.suite(None) is None


def test_what_is_no_suite_is_refused_with_its_row_and_task():
    table = {"tests": [ASSERTS, {"inputs": [1]}], "task_id": ["a", "b"]}
    with pytest.raises(BadTests, match=r"row 1, task 'b': tests need the keys .* got \['inputs'\]"):
        columns.items(["x", "y"], table, columns.complete(), language="python")
    with pytest.raises(BadTests, match="begin like JSON are none"):
        columns.suite('{"asserts": [')


@pytest.mark.parametrize(
    ("completion", "text"),
    [
        ("x = 1", "x = 1"),
        ([{"role": "assistant", "content": "x = 1"}], "x = 1"),
        ([{"role": "tool", "content": "no"}, {"role": "assistant", "content": "x = 1"}], "x = 1"),
        (
            [{"role": "assistant", "content": [{"type": "text", "text": "x ="}, {"type": "text", "text": " 1"}]}],
            "x = 1",
        ),
        ([{"role": "assistant", "content": None, "tool_calls": []}], ""),
        ([], ""),
    ],
)
def test_the_text_of_a_completion(completion, text):
    assert columns.text_of(completion) == text


@pytest.mark.parametrize("completion", [None, 3, {"content": "x"}, [3], [{"content": 3}]])
def test_what_is_neither_text_nor_a_conversation_is_refused(completion):
    with pytest.raises(TypeError, match="a completion is text or a list of messages"):
        columns.text_of(completion)


def test_holdout_tests_are_read_as_tests_are():
    table = {"tests": [ASSERTS], "holdout": [json.dumps({"asserts": ASSERTS})]}
    [item] = columns.items(["x"], table, columns.complete(), language="python")
    assert item.holdout == item.tests == Asserts(tuple(ASSERTS))


def rows_read(rows, given=columns.SAME, **more):
    return columns.row_items(
        ["x = 1"] * len(rows),
        rows,
        given,
        language="python",
        tests=more.pop("tests", True),
        task_ids=[f"task {row}" for row in range(len(rows))],
        truncated=[row == 1 for row in range(len(rows))],
    )


def test_rows_are_read_one_by_one_and_names_with_dots_go_into_them():
    rows = [
        {"spec": {"truth": ["assert x == 1"]}, "language": "lua", "meta": None},
        {"spec": {"truth": '["assert x == 2"]'}, "meta": {"id": "b"}},
    ]
    first, second = rows_read(rows, {"tests": "spec.truth"})
    assert (first.tests.statements, second.tests.statements) == (("assert x == 1",), ("assert x == 2",))
    assert (first.language, second.language) == ("lua", "python")
    assert (first.task_id, second.task_id) == ("task 0", "task 1")
    assert (first.truncated, second.truncated) == (False, True)
    first, second = rows_read(rows, {"tests": "spec.truth", "task_id": "meta.id"})
    assert (first.task_id, second.task_id) == ("", "b")


def test_a_column_with_dots_in_its_own_name_is_one():
    [item] = rows_read([{"a.b": ["assert x"], "a": {"b": ["assert y"]}}], {"tests": "a.b"})
    assert item.tests.statements == ("assert x",)


def test_rows_without_what_is_needed_are_refused_with_what_they_have():
    with pytest.raises(ValueError, match=r"no column 'spec.tests' for 'tests'; its columns: other, spec; name"):
        rows_read([{"spec": {"truth": 1}, "other": 2}], {"tests": "spec.tests"})
    [item] = rows_read([{"other": 2}], tests=False)
    assert item.tests is None
    assert rows_read([]) == []
