"""The reward function by itself, and called by OpenRLHF's own executor, without its engine."""

import asyncio
import json
import math
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from unittest.mock import MagicMock

import pytest
import torch

from analyzers.types import Outcome, Source
from rewards.adapters import openrlhf, seams
from rewards.adapters.openrlhf import NoVerdict, SeamMoved, completion, row_of, spanwise_reward
from rewards.types import Score
from trainer import weights

EXAMPLE = Path(__file__).parents[3] / "examples" / "openrlhf_reward.py"
ASSERTS = ["assert f(1) == 1", "assert f(2) == 2"]
GOOD, UNDEFINED = "def f(x):\n    return x\n", "def f(x):\n    return y\n"
SETTINGS = {"analyzers": ["runtime", "pyflakes"], "workers": 1}
FAILED = Score(None, None, Outcome.INFRASTRUCTURE, Source("x"), "x")


class Scoring:
    """Scores nothing: keeps the items, and every program passes but those that say FAILS."""

    def __init__(self):
        self.items = []

    def __call__(self, items):
        self.items += items
        passed = Score(1.5, 2.0, Outcome.PASS, Source("x"), "x")
        return [FAILED if "FAILS" in item.completion else passed for item in items]


def test_programs_are_run_and_rewards_are_tensors_of_the_batch():
    reward = spanwise_reward(**SETTINGS)
    prompt = "Write f.\n"
    queries = [prompt + GOOD + "</s>", prompt + UNDEFINED + "</s>"]
    found = reward(queries, [prompt] * 2, [json.dumps(ASSERTS), ASSERTS], extra=1)
    # RLTF's -0.6 for an error, -0.3 + 0 for no test passed; then -0.3 for the undefined name.
    assert found["rewards"].tolist() == pytest.approx([2.0, -1.2])
    assert found["rewards"].dtype is torch.float32
    assert found["scores"].tolist() == [1.0, 0.0]
    logs = {name: values.tolist() for name, values in found["extra_logs"].items()}
    assert logs == {
        "spanwise_base": pytest.approx([2.0, -0.9]),
        "spanwise_charges": pytest.approx([0.0, -0.3]),
        "spanwise_passed": [1.0, 0.0],
        "spanwise_tests": [1.0, 0.0],
    }


def test_completions_end_with_a_special_token_or_were_cut():
    scoring = Scoring()
    reward = spanwise_reward(score_batch=scoring)
    reward(["px = 1<|im_end|>\n", "px = 1\n", "px = <STOP>"], ["p"] * 3, [""] * 3)
    spanwise_reward(score_batch=scoring, ends=["<STOP>"])(["px = <STOP>"], ["p"], [""])
    assert [(item.completion, item.truncated) for item in scoring.items] == [
        ("x = 1", False),
        ("x = 1\n", True),
        ("x = <STOP>", True),
        ("x = ", False),
    ]


def test_reasoning_is_no_part_of_the_program():
    scoring = Scoring()
    query, labels = "p<think>x</think>no</think>\ny = 1</s>", [""]
    spanwise_reward(score_batch=scoring)([query], ["p"], labels)
    spanwise_reward(score_batch=scoring, after="")([query], ["p"], labels)
    assert [item.completion for item in scoring.items] == ["\ny = 1", query[1:].removesuffix("</s>")]


def test_a_label_is_tests_or_a_row():
    scoring = Scoring()
    reward = spanwise_reward(score_batch=scoring, columns={"language": "lang"})
    labels = [
        ASSERTS,
        json.dumps({"asserts": ASSERTS}),
        json.dumps({"tests": ASSERTS, "lang": "lua", "prefix": "import os\n"}),
        {"tests": None, "reference": "x = 1"},
    ]
    reward(["p</s>"] * 4, ["p"] * 4, labels)
    assert [item.tests and item.tests.statements for item in scoring.items] == [tuple(ASSERTS)] * 3 + [None]
    assert [(item.language, item.prefix) for item in scoring.items][2] == ("lua", "import os\n")
    assert scoring.items[3].reference == "x = 1"


@pytest.mark.parametrize(
    ("query", "prompt", "written"),
    [
        ("Write f.\n    x = 1", "Write f.\n", "    x = 1"),
        ("", "", ""),
        (
            "the end of a long prompt, cut at its beginning: x",
            "Here is the end of a long prompt, cut at its beginning: ",
            "x",
        ),
        ("<s> [INST] f [/INST] x", "<s>[INST] f [/INST]", "x"),
        ("a prompt a prompt: x", "a prompt a prompt:", " x"),
    ],
)
def test_what_the_model_wrote_is_the_query_without_its_prompt(query, prompt, written):
    assert completion(query, prompt) == written


@pytest.mark.parametrize(("query", "prompt"), [("x", "another"), ("Write", "Write f."), ("Write g. x", "Write f.")])
def test_a_query_of_another_prompt_is_refused(query, prompt):
    with pytest.raises(
        ValueError, match=f"a query does not begin with its prompt: {query!r} with the prompt {prompt!r}"
    ):
        completion(query, prompt)


def test_json_that_is_none_is_named_where_tests_are_read():
    assert row_of('{"tests": [') == {"tests": '{"tests": ['}
    with pytest.raises(ValueError, match="begin like JSON are none"):
        spanwise_reward(score_batch=Scoring())(["p"], ["p"], ['{"tests": ['])


def test_a_failed_harness_is_no_reward():
    with pytest.raises(NoVerdict, match="the harness failed on a program of task"):
        spanwise_reward(score_batch=Scoring())(["pFAILS"], ["p"], [""])
    found = spanwise_reward(score_batch=Scoring(), failed="nan")(["pFAILS", "px"], ["p"] * 2, [""] * 2)
    for values in (found["rewards"], found["scores"], *found["extra_logs"].values()):
        assert values.isnan().tolist() == [True, False]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"analyser": ["runtime"]}, "unknown setting 'analyser'; did you mean 'analyzers'"),
        ({"scheme": "difficulty"}, "OpenRLHF has them scored one by one"),
        ({"columns": {"test": "x"}}, "did you mean 'tests'"),
        ({"failed": "zero"}, "failed must be 'raise' or 'nan', got 'zero'"),
        ({"score_batch": Scoring(), "workers": 1}, "score_batch has settings of its own: leave out workers"),
    ],
)
def test_bad_settings_are_refused_when_the_file_is_loaded(options, message):
    with pytest.raises(ValueError, match=message):
        spanwise_reward(**options)


def test_an_openrlhf_that_calls_otherwise_is_refused(monkeypatch):
    def fetch(self, samples): ...

    agent = ModuleType("openrlhf.utils.agent")
    agent.SingleTurnAgentExecutor = type("SingleTurnAgentExecutor", (), {"_fetch_rewards_via_func": fetch})
    for name in ("openrlhf", "openrlhf.utils"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "openrlhf.utils.agent", agent)
    monkeypatch.setattr(seams, "installed", lambda package: "1.0.0")
    with pytest.raises(
        SeamMoved, match=r"openrlhf 1\.0\.0: reward functions are called with \(self, samples\); expected"
    ):
        spanwise_reward()
    monkeypatch.setitem(sys.modules, "openrlhf.utils.agent", None)
    with pytest.raises(SeamMoved, match=r"it cannot be imported as it was .*Tested with openrlhf 0\.11\.2"):
        spanwise_reward()


def test_the_module_needs_neither_torch_nor_openrlhf_before_the_first_reward():
    code = (
        "import sys, rewards.adapters.openrlhf as a\n"
        "print(sorted({'torch', 'transformers', 'openrlhf'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture(scope="module")
def tokenizer():
    return weights.load("tiny")[1]


@pytest.fixture
def agent():
    pytest.importorskip("openrlhf", reason="needs OpenRLHF: `make test-integrations INTEGRATIONS=openrlhf`")
    from openrlhf.utils import agent

    return agent


@pytest.fixture
def generator(agent, monkeypatch):
    """OpenRLHF's generator of samples, with nothing in the place of vLLM."""
    for name in ("vllm", "vllm.inputs", "vllm.utils"):
        monkeypatch.setitem(sys.modules, name, MagicMock())
    from openrlhf.trainer.ppo_utils import samples_generator

    return samples_generator


class Engine:
    """Stands in for vLLM: its answer is the ids of a text."""

    def __init__(self, ids):
        self.ids = ids

    async def generate(self, prompt_ids, sampling_params, multi_modal_data=None):
        answer = SimpleNamespace(token_ids=self.ids, finish_reason="stop", logprobs=None)
        return SimpleNamespace(outputs=[answer])


def executed(agent, tokenizer, url, text, label, prompt="Write double(x).\n"):
    """What OpenRLHF's executor makes of an answer, with the file at `url` as its reward function."""
    ids = [*tokenizer(text, add_special_tokens=False).input_ids, tokenizer.eos_token_id]
    params = SimpleNamespace(max_tokens=64, logprobs=None)
    executor = agent.SingleTurnAgentExecutor([str(url)])
    return asyncio.run(executor.execute(prompt, label, params, 256, tokenizer, Engine(ids)))


@pytest.fixture
def reward_file(tmp_path, tokenizer):
    """A file for --reward.remote_url; the harness fails on programs that say FAILS."""
    path = tmp_path / "reward.py"
    path.write_text(
        "import rewards\n"
        "from dataclasses import replace\n"
        "from rewards.adapters.openrlhf import spanwise_reward\n"
        "def score_batch(items):\n"
        f"    scores = rewards.score_batch(items, **{SETTINGS!r})\n"
        "    fails = ['FAILS' in item.completion for item in items]\n"
        "    return [replace(score, value=None, base=None) if failed else score for score, failed in zip(scores, fails)]\n"
        f"reward_func = spanwise_reward(score_batch=score_batch, ends=[{tokenizer.eos_token!r}], failed=FAILED)\n"
    )

    def written(failed):
        path.write_text(path.read_text().replace("FAILED", repr(failed)))
        return path

    return written


@pytest.mark.integrations
def test_the_example_is_a_reward_file_of_openrlhfs(agent, generator, tokenizer):
    assert tokenizer.eos_token in openrlhf.ENDS
    text = "def double(x):\n    twice = 2 * x\n    return x + x\n"
    output = executed(agent, tokenizer, EXAMPLE, text, json.dumps(["assert double(2) == 4", "assert double(3) == 6"]))
    sample = generator.SamplesGenerator._process_response_into_experience(SimpleNamespace(), output)
    assert sample.rewards.shape == (1,)
    assert sample.scores.tolist() == [1.0]
    assert (sample.info["spanwise_base"].item(), sample.info["spanwise_tests"].item()) == (2.0, 1.0)
    # pylint's unused variable
    assert sample.info["spanwise_charges"].item() < 0
    assert sample.rewards.item() == pytest.approx(2.0 + sample.info["spanwise_charges"].item())


@pytest.mark.integrations
def test_a_completion_without_a_verdict_has_no_reward(agent, generator, tokenizer, reward_file):
    url = reward_file("raise")
    output = executed(agent, tokenizer, url, "FAILS = 1\n", json.dumps(ASSERTS))
    assert (output["reward"], output["scores"]) == (None, None)
    sample = generator.SamplesGenerator._process_response_into_experience(SimpleNamespace(), output)
    assert sample.rewards is None
    judged = executed(agent, tokenizer, url, GOOD, json.dumps(ASSERTS))
    assert judged["reward"].tolist() == [2.0]


@pytest.mark.integrations
def test_dynamic_filtering_replaces_the_prompt_of_a_reward_that_is_no_number(
    agent, generator, tokenizer, reward_file, monkeypatch
):
    url = reward_file("nan")
    texts, label = {"a": [GOOD, "FAILS = 1\n"], "b": [GOOD, UNDEFINED]}, json.dumps(ASSERTS)
    groups = {name: [executed(agent, tokenizer, url, text, label) for text in group] for name, group in texts.items()}
    assert math.isnan(groups["a"][1]["reward"].item())
    monkeypatch.setattr(generator.ray, "wait", lambda refs, **_: (refs[:1], refs[1:]))
    monkeypatch.setattr(generator.ray, "get", lambda ref: groups[ref])
    made = object.__new__(generator.SamplesGenerator)
    made.args = SimpleNamespace(algo=SimpleNamespace(dynamic_filtering_range=(0.0, 1.0)))
    made._dispatch_prompts_to_vllm = lambda prompts, labels, **_: list(prompts)
    rows = iter([([None], [prompt], [label], [None]) for prompt in texts])
    samples, consumed, _ = made._generate_vllm(rows, 1, dynamic_filtering=True)
    assert consumed == 2
    assert [sample.rewards.item() for sample in samples] == [output["reward"].item() for output in groups["b"]]
