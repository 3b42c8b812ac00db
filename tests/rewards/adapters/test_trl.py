"""The reward function by itself: what TRL is given, with hand-made scores and a hand-made vocabulary."""

import asyncio
import inspect
import pickle
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import rewards
from analyzers.types import (
    Diagnostic,
    Kind,
    Outcome,
    Report,
    Severity,
    Source,
    Span,
    Status,
    TestResult,
    TestStatus,
    Verdict,
)
from rewards.adapters import seams, trl
from rewards.adapters.trl import SeamMoved, SpanwiseReward, spanwise_reward
from rewards.tokens import TokenBytes
from rewards.types import Charge, Score

ASSERTS = ["assert f(1) == 1"]


def scored(text, outcome=Outcome.PASS, base=1.0, *charges):
    verdict = Verdict(outcome, (TestResult(TestStatus.PASSED),))
    return Score(
        value=None if base is None else base + sum(charge.amount for charge in charges),
        base=base,
        outcome=outcome,
        source=Source(text),
        completion=text,
        reports=(Report("runtime", Status.OK, verdict=verdict),),
        charges=charges,
    )


def charge(start, end, amount):
    finding = Diagnostic("pylint", "unused-variable", Severity.LOW, "unused", Span(start, end), Kind.STYLE)
    return Charge(finding, Span(start, end), amount)


@pytest.fixture
def given(monkeypatch):
    """Stands in for `rewards.score_batch`: keeps the items and answers with the scores that were set."""
    seen = SimpleNamespace(items=[], settings={}, scores=None)

    def score_batch(items, **settings):
        seen.items, seen.settings = list(items), settings
        return seen.scores or [scored(item.completion) for item in seen.items]

    # The settings are read from the signature of the real one.
    score_batch.__signature__ = inspect.signature(rewards.score_batch)
    monkeypatch.setattr(rewards, "score_batch", score_batch)
    return seen


def call(reward, completions, ids=None, **table):
    """As TRL calls it."""
    logged, extra = {}, {}
    values = asyncio.run(
        reward(
            prompts=["p"] * len(completions),
            completions=completions,
            completion_ids=ids or [[0]] * len(completions),
            trainer_state=object(),
            log_metric=logged.__setitem__,
            log_extra=extra.__setitem__,
            **table,
        )
    )
    return values, logged, extra


def vocabulary(*pieces):
    """A table over these pieces and, as the last id, an end of sequence."""
    table = tuple(piece.encode() if isinstance(piece, str) else piece for piece in (*pieces, ""))
    return TokenBytes(table, np.array([*map(len, table), 0]))


def with_table(reward, table):
    reward.read = None  # no tokenizer is at hand
    reward._bytes = table
    return reward


def test_the_value_is_the_reward_and_a_failed_harness_is_none(given):
    given.scores = [
        scored("a", Outcome.PASS, 1.0, charge(0, 1, -0.25)),
        scored("b", Outcome.INFRASTRUCTURE, None),
        scored("c", Outcome.FAILURE, -0.5),
    ]
    values, logged, extra = call(spanwise_reward(), ["a", "b", "c"], tests=[ASSERTS] * 3)
    assert values == [0.75, None, -0.5]
    assert {name: value for name, value in logged.items() if "/programs/" not in name} == pytest.approx(
        {
            "spanwise/infrastructure": 1 / 3,
            "spanwise/value": 0.125,
            "spanwise/base": 0.25,
            "spanwise/charges": -0.125,
            "spanwise/outcome/pass": 0.5,
            "spanwise/outcome/failure": 0.5,
            "spanwise/outcome/error": 0.0,
            "spanwise/outcome/syntax_error": 0.0,
            "spanwise/outcome/timeout": 0.0,
        }
    )
    assert extra == {
        "spanwise/outcome": ["pass", "infrastructure", "failure"],
        "spanwise/charges": ["pylint unused-variable -0.25", "", ""],
    }


def test_a_batch_that_nothing_was_found_out_about_logs_that_alone(given):
    given.scores = [scored("a", Outcome.INFRASTRUCTURE, None)]
    values, logged, _ = call(spanwise_reward(name="mine"), ["a"], tests=[ASSERTS])
    assert values == [None]
    assert {name: value for name, value in logged.items() if "/programs/" not in name} == {"mine/infrastructure": 1.0}


def test_columns_conversations_and_settings_reach_the_scorer(given):
    reward = spanwise_reward(columns={"tests": "checks"}, language="lua", analyzers=["runtime"], workers=1)
    chat = [[{"role": "assistant", "content": "x = 1"}], [{"role": "assistant", "content": "y = 2"}]]
    call(reward, chat, checks=[ASSERTS, ASSERTS], task_id=["a", "b"], language=[None, "ruby"])
    assert [item.completion for item in given.items] == ["x = 1", "y = 2"]
    assert [item.language for item in given.items] == ["lua", "ruby"]
    assert [item.task_id for item in given.items] == ["a", "b"]
    assert given.items[0].tests.statements == tuple(ASSERTS)
    assert given.settings == {"analyzers": ["runtime"], "workers": 1}


def test_what_a_batch_looks_like_is_logged(given):
    _, logged, _ = call(spanwise_reward(), ["x = 1", "x = 1"], [[1, 2], [1, 2, 3, 4]], tests=[ASSERTS] * 2)
    assert logged["spanwise/programs/length/tokens"] == 3.0
    assert logged["spanwise/programs/length/characters"] == 5.0


def test_completions_of_one_prompt_are_for_one_task_where_no_column_says(given):
    reward = spanwise_reward()
    asyncio.run(reward(prompts=["p", "q", "p"], completions=["x"] * 3, tests=[ASSERTS] * 3))
    assert [item.task_id for item in given.items] == ["prompt 0", "prompt 1", "prompt 0"]
    asyncio.run(reward(prompts=["p"], completions=["x"], tests=[ASSERTS], task_id=["mine"]))
    assert given.items[0].task_id == "mine"


def test_a_dataset_without_tests_is_refused_unless_no_program_is_run(given):
    with pytest.raises(ValueError, match=r"no column 'tests' for 'tests'; its columns: answer; name"):
        call(spanwise_reward(), ["x"], answer=[1])
    values, _, _ = call(spanwise_reward(analyzers=["pyflakes"]), ["x"], answer=[1])
    assert values == [1.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"analyser": ["runtime"]}, "unknown setting 'analyser'; did you mean 'analyzers'"),
        ({"analyzers": ["pylnt"]}, "pylint"),
        ({"scheme": "statik"}, "did you mean 'static'"),
        ({"columns": {"test": "x"}}, "did you mean 'tests'"),
    ],
)
def test_bad_settings_are_refused_at_once(options, message):
    with pytest.raises(ValueError, match=message):
        spanwise_reward(**options)


def test_a_trl_that_does_not_await_it_is_refused_with_the_versions_that_do(monkeypatch):
    monkeypatch.setattr(seams, "installed", lambda package: "1.13.0")
    with pytest.raises(
        SeamMoved, match=r"trl 1\.13\.0: it does not await callable objects.*Tested with trl 1\.14\.2, "
    ):
        spanwise_reward()


def test_it_is_an_awaitable_callable_with_a_name_and_can_be_pickled():
    reward = pickle.loads(pickle.dumps(spanwise_reward(analyzers=["pyflakes"], name="mine")))
    assert isinstance(reward, SpanwiseReward)
    assert inspect.iscoroutinefunction(reward.__call__)
    assert reward.__name__ == "mine"


def test_charges_lie_on_the_sampled_ids_and_the_base_is_the_reward(given):
    # "x = y\n" in four tokens: "x", " =", " y", "\n", then the end (id 4); the charge is on "y", the whole of token 2.
    reward = with_table(spanwise_reward(), vocabulary("x", " =", " y", "\n"))
    reward.charge_tokens()
    given.scores = [scored("x = y\n", Outcome.PASS, 1.0, charge(4, 5, -0.25)), scored("x", Outcome.FAILURE, -0.5)]
    values, logged, _ = call(reward, ["x = y\n", "x"], [[0, 1, 2, 3, 4], [0, 4]], tests=[ASSERTS] * 2)
    assert values == [1.0, -0.5]
    first, second = reward.take()
    assert first.ids.tolist() == [0, 1, 2, 3, 4]
    assert first.dense.tolist() == [0, 0, -0.25, 0, 0]
    assert second.dense.tolist() == [0, 0]
    assert logged["spanwise/charged_tokens"] == 1 / 7
    assert reward.take() == []


def test_a_failed_harness_charges_no_token(given):
    reward = with_table(spanwise_reward(), vocabulary("x"))
    reward.charge_tokens()
    given.scores = [scored("x", Outcome.INFRASTRUCTURE, None, charge(0, 1, -0.25))]
    values, _, _ = call(reward, ["x"], [[0, 1]], tests=[ASSERTS])
    assert values == [None]
    assert reward.take()[0].dense.tolist() == [0, 0]


def test_the_answer_of_a_reasoning_model_is_the_end_of_what_was_sampled(given):
    # The same token "x" stands in the reasoning and in the answer; only the second one may be charged.
    reward = with_table(spanwise_reward(), vocabulary("<think>", "x", "</think>", "\n\n", " = ", "y"))
    reward.charge_tokens()
    ids = [0, 1, 2, 3, 1, 4, 5, 6]
    given.scores = [scored("x = y", Outcome.PASS, 1.0, charge(0, 1, -0.25))]
    call(reward, [[{"role": "assistant", "content": "x = y"}]], [ids], tests=[ASSERTS])
    assert [item.completion for item in given.items] == ["x = y"]
    assert reward.take()[0].dense.tolist() == [0, 0, 0, 0, -0.25, 0, 0, 0]


def test_bytes_that_are_no_text_before_the_answer_do_not_shift_it(given):
    # Two stray bytes become two U+FFFD, three bytes each in UTF-8, but they were sampled as one byte each.
    reward = with_table(spanwise_reward(), vocabulary(b"\xff", "\n", "é", "x"))
    reward.charge_tokens()
    given.scores = [scored("éx", Outcome.PASS, 1.0, charge(1, 2, -0.25))]
    call(reward, ["éx"], [[0, 0, 1, 2, 3, 4]], tests=[ASSERTS])
    assert given.items[0].completion == "éx"
    assert reward.take()[0].dense.tolist() == [0, 0, 0, 0, -0.25, 0]


def test_what_a_clean_up_changed_is_scored_as_it_was_sampled(given):
    reward = with_table(spanwise_reward(), vocabulary("x", " , ", "y"))
    call(reward, ["x, y"], [[0, 1, 2, 3]], tests=[ASSERTS])
    assert given.items[0].completion == "x , y"


@pytest.mark.parametrize(("ids", "truncated"), [([0, 1], False), ([0, 0], True), ([], False)])
def test_a_completion_without_an_end_was_cut(given, ids, truncated):
    call(with_table(spanwise_reward(), vocabulary("x")), ["x" * ids.count(0)], [ids], tests=[ASSERTS])
    assert given.items[0].truncated is truncated


def test_ids_that_trl_does_not_give_are_missed(given):
    reward = with_table(spanwise_reward(), vocabulary("x"))
    with pytest.raises(SeamMoved, match="gets no completion_ids; expected the sampled ids of each completion"):
        asyncio.run(reward(prompts=["p"], completions=["x"], tests=[ASSERTS]))


def test_programs_are_run_and_charged_where_they_stand():
    good, bad = "def f(x):\n    return x\n", "def f(x):\n    return y\n"
    reward = spanwise_reward(analyzers=["runtime", "pyflakes"])
    values, logged, extra = call(reward, [good, bad], tests=[ASSERTS, '{"asserts": ["assert f(1) == 1"]}'])
    assert values[0] == 2.0
    assert values[1] < -0.6
    assert logged["spanwise/outcome/pass"] == 0.5
    assert extra["spanwise/charges"] == ["", "pyflakes UndefinedName -0.30"]


def test_the_module_needs_no_torch_and_says_what_the_trainer_needs():
    code = (
        "import sys, rewards.adapters.trl as trl\n"
        "trl.spanwise_reward()\n"
        "print(sorted({'torch', 'transformers', 'trl', 'datasets'} & set(sys.modules)))\n"
        "sys.modules['trl'] = None\n"
        "try: trl.SpanGRPOTrainer\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules, message = done.stdout.splitlines()
    assert modules == "[]"
    assert message.startswith("SpanGRPOTrainer needs TRL (")
    assert message.endswith("pip install 'spanwise[trl]'")


def test_other_names_are_none_of_the_module():
    with pytest.raises(AttributeError, match="no attribute 'SpanPPOTrainer'"):
        _ = trl.SpanPPOTrainer
