"""verl's reward function by itself, which needs no verl; what needs it is in test_span_verl.py."""

import asyncio
import inspect
import json
import subprocess
import sys

import numpy as np
import pytest

import rewards
from analyzers.types import Outcome, Report, Source, Status
from rewards.adapters import seams, verl
from rewards.adapters.verl import NoVerdict, SeamMoved, compute_score, reading
from rewards.types import Score

ASSERTS = ["assert f(1) == 1", "assert f(2) == 2"]
GOOD, UNDEFINED = "def f(x):\n    return x\n", "def f(x):\n    return y\n"
SETTINGS = {"analyzers": ["runtime", "pyflakes"], "workers": 1}


@pytest.fixture
def asked(monkeypatch):
    """Items and settings of every batch that is scored; each program passes."""
    seen = []
    signature = inspect.signature(rewards.score_batch)

    def score_batch(items, **settings):
        seen.append((list(items), settings))
        return [Score(1.0, 1.0, Outcome.PASS, Source(item.completion), item.completion) for item in items]

    score_batch.__signature__ = signature
    monkeypatch.setattr(rewards, "score_batch", score_batch)
    return seen


def call(solution=GOOD, ground_truth=tuple(ASSERTS), extra_info=None, **reward_kwargs):
    return asyncio.run(
        compute_score(
            data_source="mine",
            solution_str=solution,
            ground_truth=ground_truth,
            extra_info=extra_info,
            **reward_kwargs,
        )
    )


def test_a_score_is_a_number_and_what_is_logged_beside_it():
    assert call(ground_truth=json.dumps(ASSERTS), **SETTINGS) == {
        "score": 2.0,
        "acc": 1.0,
        "spanwise_base": 2.0,
        "spanwise_charges": 0.0,
        "spanwise_tests": 1.0,
        "spanwise_outcome": "pass",
        "spanwise_findings": "",
    }


def test_the_keys_are_those_of_every_score_since_verl_takes_them_from_the_first():
    found = call(UNDEFINED, **SETTINGS)
    assert list(found) == list(call(**SETTINGS))
    # RLTF's -0.6 for an error, -0.3 + 0 for no test passed; then -0.3 for the undefined name.
    assert (found["spanwise_base"], found["acc"]) == (pytest.approx(-0.9), 0.0)
    assert found["score"] == pytest.approx(-1.2)
    assert found["spanwise_findings"] == "pyflakes UndefinedName -0.30"


def test_it_is_a_coroutine_function_so_that_verl_awaits_it():
    assert inspect.iscoroutinefunction(compute_score)
    parameters = list(inspect.signature(compute_score).parameters)
    assert parameters[:4] == ["data_source", "solution_str", "ground_truth", "extra_info"]


def test_fields_come_from_the_extra_information(asked):
    extra = {"index": 7, "split": "train", "lang": "lua", "prefix": None, "more": {"reference": "return 1"}}
    call("x", None, extra, columns={"language": "lang", "reference": "more.reference", "tests": None})
    [([item], _)] = asked
    assert (item.completion, item.language, item.prefix, item.reference) == ("x", "lua", "", "return 1")
    assert (item.task_id, item.tests) == ("mine/7", None)


def test_arrays_of_a_table_are_lists(asked):
    call("x", np.array(ASSERTS, dtype=object), {"holdout": np.array(["assert f(3) == 3"], dtype=object)})
    [([item], _)] = asked
    assert item.tests.statements == tuple(ASSERTS)
    assert item.holdout.statements == ("assert f(3) == 3",)


def test_settings_are_those_of_a_configuration_file_and_the_reward_model_is_left_out(asked):
    call("x", limits={"timeout_s": 1.0}, reward_router_address="127.0.0.1:1", reward_model_tokenizer=object())
    [(_, settings)] = asked
    assert list(settings) == ["limits"]
    assert settings["limits"].timeout_s == 1.0


def test_reasoning_is_no_part_of_the_program(asked):
    text = "<think>x</think>no</think>\ny = 1"
    call(text)
    call(text, after="")
    assert [item.completion for [item], _ in asked] == ["\ny = 1", text]


def test_a_failed_harness_raises_and_says_why(monkeypatch):
    report = Report("runtime", Status.FAILED, detail="no room on the device")
    failed = Score(None, None, Outcome.INFRASTRUCTURE, Source("x"), "x", (report,), task_id="mine/3")
    monkeypatch.setattr(rewards, "score_batch", lambda items, **_: [failed])
    with pytest.raises(NoVerdict, match=r"failed on a program of task 'mine/3' \(no room on the device\)"):
        call("x", extra_info={"index": 3})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"analyser": ["runtime"]}, "unknown setting 'analyser'; did you mean 'analyzers'"),
        ({"analyzers": ["pylnt"]}, "pylint"),
        ({"columns": {"test": "x"}}, "did you mean 'tests'"),
        ({"columns": {"reference": "solution"}}, "no column 'solution' for 'reference'; its columns: data_source, "),
        ({"limits": {"timeout": 1}}, "did you mean 'timeouts' or 'timeout_s'"),
        ({"scheme": "difficulty"}, "verl has them scored one by one"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        call(**settings)


def test_tests_that_are_none_are_refused():
    with pytest.raises(ValueError, match="row 0, task 'mine/1': tests need the keys"):
        call(ground_truth={"inputs": []}, extra_info={"index": 1})


def test_what_is_asked_for_at_a_time_is_one_batch(asked):
    how = reading(**SETTINGS)

    async def together():
        row = {"data_source": "mine", "ground_truth": ASSERTS}
        return await asyncio.gather(*(how.score(str(number), row) for number in range(5)))

    scores = asyncio.run(together())
    assert [score.completion for score in scores] == ["0", "1", "2", "3", "4"]
    assert [len(items) for items, _ in asked] == [5]


def test_the_function_alone_needs_neither_verl_nor_torch():
    code = (
        "import sys, rewards.adapters.verl as verl; verl.reading()\n"
        "print(sorted({'torch', 'transformers', 'verl', 'ray', 'omegaconf'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_manager_needs_verl_and_says_so(monkeypatch):
    monkeypatch.setattr(seams, "installed", lambda package: None)
    with pytest.raises(ImportError, match="SpanwiseRewardManager needs verl: pip install verl"):
        _ = verl.SpanwiseRewardManager


def test_a_verl_without_the_seam_is_named_with_the_versions_that_have_it(monkeypatch):
    monkeypatch.setattr(seams, "installed", lambda package: "0.6.1")
    monkeypatch.setitem(sys.modules, "rewards.adapters.span_verl", None)
    with pytest.raises(SeamMoved, match=r"verl 0\.6\.1: it cannot be imported as it was .*Tested with verl 0\.9\.1"):
        _ = verl.SpanwiseRewardManager


def test_other_names_are_none_of_the_module():
    with pytest.raises(AttributeError, match="no attribute 'SpanwiseManager'"):
        _ = verl.SpanwiseManager
