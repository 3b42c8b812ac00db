"""Per-token rewards for SkyRL: by themselves on hand-made output, and through SkyRL's generator, checks and estimators."""

import asyncio
import copy
import json
import sys
import threading
import typing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import typing_extensions

import rewards
from analyzers.types import (
    Span,
)
from rewards.adapters import seams
from rewards.adapters.skyrl import SeamMoved, SpanwiseGenerator, spanwise_generator

THINK, CLOSE, END = 4, 5, 6
TESTS = ["assert x == 1"]


class Sampler:
    """A generator that gives these responses."""

    def __init__(self, responses, masks=None, **more):
        self.output = {
            "response_ids": responses,
            "rewards": [0.0] * len(responses),
            "loss_masks": masks or [[1] * len(ids) for ids in responses],
            "rollout_metrics": {"generate/x": 1.0},
            **more,
        }
        self.generator_cfg = SimpleNamespace(step_wise_trajectories=False, zero_reward_on_non_stop=False)
        self.asked = []

    async def generate(self, input_batch, disable_tqdm=False):
        self.asked.append(disable_tqdm)
        return dict(self.output)


def generated(make, sampler, *, extras=None, ids=None, dense_weight=1.0, columns=None, **options):
    """What the generator of spanwise makes of it, asked as SkyRL asks."""
    count = len(sampler.output["response_ids"])
    made = SpanwiseGenerator(
        sampler,
        make.table,
        {},
        columns or {},
        language="python",
        dense_weight=dense_weight,
        after="</think>",
        name="mine",
    )
    batch = {
        "prompts": [[{"role": "user", "content": "p"}]] * count,
        "env_extras": extras or [{"tests": TESTS}] * count,
        "trajectory_ids": None if ids is None else [SimpleNamespace(instance_id=id_) for id_ in ids],
    }
    return asyncio.run(made.generate(batch, **options))


def test_charges_lie_on_their_tokens_and_the_outcome_on_the_last(given, make):
    given.scores = [make.scored("x = y\n", 1.0, make.charge(1, 5)), make.scored("x", -0.5)]
    output = generated(make, Sampler([[0, 1, 2, 3, END], [0, END]]))
    assert output["rewards"] == [[0, -0.125, -0.125, 0, 1.0], [0, -0.5]]
    assert output["loss_masks"] == [[1] * 5, [1] * 2]
    assert [sum(row) for row in output["rewards"]] == [0.75, -0.5]
    [batch] = given.batches
    assert [item.completion for item in batch] == ["x = y\n", "x"]
    assert given.threads[0] is not threading.main_thread()


def test_the_weight_is_that_of_the_charges_alone(given, make):
    given.scores = [make.scored("x", 1.0, make.charge(0, 1))]
    assert generated(make, Sampler([[0, END]]), dense_weight=0.5)["rewards"] == [[-0.125, 1.0]]
    assert generated(make, Sampler([[0, END]]), dense_weight=0.0)["rewards"] == [[0, 1.0]]


def test_a_charge_on_the_last_token_is_added_to_the_outcome(given, make):
    given.scores = [make.scored("x =", 1.0, make.charge(1, 3))]
    assert generated(make, Sampler([[0, 1]]))["rewards"] == [[0, 0.75]]


def test_what_skyrl_logs_gets_means(given, make):
    given.scores = [make.scored("x", 1.0, make.charge(0, 1)), make.scored("x", None)]
    metrics = generated(make, Sampler([[0, END], [0, END]]))["rollout_metrics"]
    assert metrics["generate/x"] == 1.0
    assert metrics["mine/mean/charges"] == -0.25
    assert metrics["mine/mean/infrastructure"] == 0.5
    assert metrics["mine/mean/charged_tokens"] == 0.25
    assert metrics["mine/mean/programs/length/tokens"] == 2.0


def test_a_failed_harness_is_out_of_the_loss_and_of_the_baseline(given, make):
    given.scores = [
        make.scored("x", 1.0),
        make.scored("x", None),
        make.scored("x", -0.5, make.charge(0, 1)),
        make.scored("x", None),
    ]
    output = generated(make, Sampler([[0, END]] * 4), ids=["a", "a", "a", "b"])
    assert output["loss_masks"] == [[1, 1], [0, 0], [1, 1], [0, 0]]
    # The group "a" is worth 1 and -0.75; of "b" nothing is known.
    assert output["rewards"] == [[0, 1.0], [0, 0.125], [-0.25, -0.5], [0, 0]]
    assert {item.task_id for item in given.batches[0]} == {"a", "b"}


def test_tokens_that_no_test_reached_are_out_of_the_loss_unless_they_are_charged(given, make):
    given.scores = [make.scored("x = y\n", 1.0, make.charge(3, 5), exempt=(Span(1, 6),))]
    output = generated(make, Sampler([[0, 1, 2, 3, END]]))
    assert output["loss_masks"] == [[1, 0, 1, 0, 1]]
    assert output["rewards"] == [[0, 0, -0.25, 0, 1.0]]


def test_only_the_last_turn_and_what_comes_after_the_reasoning_is_the_program(given, make):
    # Two turns with an observation of two tokens between them, and an end that was not sampled.
    ids = [0, END, 3, 3, THINK, 0, CLOSE, 0, 1, 2, END]
    mask = [1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0]
    given.scores = [make.scored("x = y", 1.0, make.charge(0, 1))]
    output = generated(make, Sampler([ids], [mask]))
    assert [item.completion for item in given.batches[0]] == ["x = y"]
    assert output["rewards"] == [[0, 0, 0, 0, 0, 0, 0, -0.25, 0, 0, 1.0]]
    assert output["loss_masks"] == [mask]


def test_a_response_that_is_out_of_the_loss_stays_there(given, make):
    output = generated(make, Sampler([[0, 1]], [[0, 0]]))
    assert output["loss_masks"] == [[0, 0]]
    assert [item.completion for item in given.batches[0]] == ["x ="]


def test_a_response_of_nothing_has_no_rewards(given, make):
    assert generated(make, Sampler([[], [0]]))["rewards"] == [[], [1.0]]


@pytest.mark.parametrize(("reasons", "cut"), [(["length", "stop"], [True, False]), (None, [False, True])])
def test_what_stopped_at_the_limit_is_known_as_cut(given, reasons, cut, make):
    generated(make, Sampler([[0, END], [0]], stop_reasons=reasons))
    assert [item.truncated for item in given.batches[0]] == cut


def test_the_rows_of_the_data_set_are_read(given, make):
    extras = [{"reward_spec": {"ground_truth": json.dumps(TESTS)}, "language": "lua"}]
    generated(make, Sampler([[0]]), extras=extras, columns={"tests": "reward_spec.ground_truth"})
    [[item]] = given.batches
    assert (item.tests.statements, item.language) == (tuple(TESTS), "lua")
    with pytest.raises(ValueError, match=r"no column 'tests' for 'tests'; its columns: reward_spec; name"):
        generated(make, Sampler([[0]]), extras=[{"reward_spec": {}}])


def test_responses_without_a_prompt_are_refused(given, make):
    sampler = Sampler([[0], [0]])
    one = SpanwiseGenerator(sampler, make.table, {}, {}, language="python", dense_weight=1.0, after="", name="mine")
    with pytest.raises(SeamMoved, match="2 responses to 1 prompts; expected a response to each prompt"):
        asyncio.run(one.generate({"prompts": ["p"]}))


def test_the_rest_is_that_of_the_wrapped_generator(given, make):
    sampler = Sampler([[0]])
    generated(make, sampler, disable_tqdm=True)
    assert sampler.asked == [True]
    one = SpanwiseGenerator(sampler, make.table, {}, {}, language="python", dense_weight=1.0, after="", name="mine")
    assert one.generator_cfg is sampler.generator_cfg
    assert copy.copy(one).output is sampler.output
    with pytest.raises(AttributeError, match="nothing"):
        _ = one.nothing


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"analyser": ["runtime"]}, "unknown setting 'analyser'; did you mean 'analyzers'"),
        ({"columns": {"test": "x"}}, "did you mean 'tests'"),
        ({"dense_weight": -1}, "dense_weight must be a number from 0 up, got -1"),
    ],
)
def test_bad_settings_are_refused_at_once(options, message, make):
    with pytest.raises(ValueError, match=message):
        spanwise_generator(Sampler([]), tokenizer=make.tokenizer, **options)


@pytest.mark.parametrize("option", ["step_wise_trajectories", "zero_reward_on_non_stop"])
def test_a_generator_that_would_change_the_rewards_is_refused(option, make):
    sampler = Sampler([])
    setattr(sampler.generator_cfg, option, True)
    with pytest.raises(ValueError, match=rf"generator\.{option} does not go with rewards of spanwise"):
        spanwise_generator(sampler, tokenizer=make.tokenizer)


def test_without_skyrl_it_says_what_to_install(monkeypatch, make):
    monkeypatch.setattr(seams, "installed", lambda package: None)
    with pytest.raises(ImportError, match="needs SkyRL: pip install skyrl"):
        spanwise_generator(Sampler([]), tokenizer=make.tokenizer)


FIELDS = dict.fromkeys(("response_ids", "loss_masks", "stop_reasons", "rollout_metrics"), "Any")


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ({}, "cannot be imported as it was"),
        ({"GeneratorOutput": FIELDS}, "what a generator gives has no rewards"),
        ({"GeneratorOutput": FIELDS | {"rewards": "List[float]"}}, r"rewards are List\[float\]"),
    ],
)
def test_another_skyrl_is_refused(monkeypatch, module, message, make):
    monkeypatch.setattr(seams, "installed", lambda package: "0.0.1")
    if module:
        module = {
            "GeneratorInterface": None,
            "GeneratorOutput": SimpleNamespace(__annotations__=module["GeneratorOutput"]),
        }
    for name in ("skyrl", "skyrl.train", "skyrl.train.generators"):
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(__path__=[]))
    monkeypatch.setitem(sys.modules, "skyrl.train.generators.base", SimpleNamespace(**module))
    with pytest.raises(SeamMoved, match=rf"skyrl 0\.0\.1: .*{message}.*Tested with skyrl 0\.3\.0, 0\.4\.0: install"):
        spanwise_generator(Sampler([]), tokenizer=make.tokenizer)


# --- on SkyRL itself ---

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def example(monkeypatch):
    """The example, which brings SkyRL's own generator with prepared answers."""
    if sys.version_info < (3, 12):
        monkeypatch.setattr(typing, "TypedDict", typing_extensions.TypedDict)
    pytest.importorskip("skyrl", reason="needs SkyRL: see tests/rewards/adapters/requirements/skyrl.txt")
    pytest.importorskip("skyrl_gym")
    monkeypatch.syspath_prepend(EXAMPLES)
    import skyrl_generator

    return skyrl_generator


@pytest.fixture
def tokenizer():
    from trainer import weights

    tokenizer = weights.load("tiny")[1]
    tokenizer.chat_template = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"
    return tokenizer


def in_order(example, tokenizer, output):
    """The rows of the output in the order of the prepared answers: SkyRL asks for them at the same time."""
    texts = [tokenizer.decode(ids, skip_special_tokens=True) for ids in output["response_ids"]]
    return [texts.index(answer) for answer in example.ANSWERS]


@pytest.mark.integrations
def test_skyrl_takes_the_rewards_of_its_generator(example, tokenizer):
    from skyrl.train.generators.base import GeneratorInterface
    from skyrl.train.generators.utils import concatenate_generator_outputs, get_metrics_from_generator_output
    from skyrl.train.utils.trainer_utils import validate_generator_output

    generator = example.generator(tokenizer, analyzers=["runtime", "pyflakes"])
    assert isinstance(generator, GeneratorInterface)
    output = asyncio.run(generator.generate(example.batch()))
    validate_generator_output(len(example.ANSWERS), output)
    sums = [sum(output["rewards"][row]) for row in in_order(example, tokenizer, output)]
    assert sums[0] > sums[1] > sums[2] > sums[3]
    assert get_metrics_from_generator_output(output, ["a"] * 4)["avg_score"] == pytest.approx(np.mean(sums))
    joined = concatenate_generator_outputs([output, output])
    assert joined["rollout_metrics"]["spanwise/mean/outcome/pass"] == 0.5
    assert len(joined["rewards"]) == 8


@pytest.mark.integrations
def test_skyrls_trainer_keeps_them_per_token(example, tokenizer):
    from skyrl.train.trainer import RayPPOTrainer

    output = asyncio.run(example.generator(tokenizer, analyzers=["runtime", "pyflakes"]).generate(example.batch()))
    before = copy.deepcopy(output["rewards"])
    configuration = SimpleNamespace(
        generator=SimpleNamespace(step_wise_trajectories=False, merge_stepwise_output=False, n_samples_per_prompt=4),
        trainer=SimpleNamespace(algorithm=SimpleNamespace(zero_variance_filter=False)),
    )
    trainer = SimpleNamespace(cfg=configuration, all_metrics={})
    after, _ = RayPPOTrainer.postprocess_generator_output(trainer, output, ["a"] * 4)
    assert after["rewards"] == before
    assert trainer.all_metrics["reward/avg_pass_at_4"] == 1.0


@pytest.mark.integrations
def test_skyrls_estimators_tell_the_tokens_apart(example, tokenizer, monkeypatch, make):
    """REINFORCE++ charges what comes up to the charged token; GRPO has the sum alone."""
    text = example.ANSWERS[1]
    start = text.index("count")

    def score_batch(items, **_):
        finding = make.charge(start, start + 5)
        return [make.scored(item.completion, 1.0, *([finding] if item.completion == text else [])) for item in items]

    generator = example.generator(tokenizer)
    monkeypatch.setattr(rewards, "score_batch", score_batch)
    output = asyncio.run(generator.generate(example.batch()))
    row = in_order(example, tokenizer, output)[1]
    length = len(output["response_ids"][row])
    found = example.advantages(output, "reinforce++")[row][:length]
    charged = np.flatnonzero(np.array(output["rewards"][row][:-1]))
    assert len(charged) == 5
    assert found[: charged[0] + 1].tolist() == pytest.approx([float(found[0])] * (charged[0] + 1))
    assert all(a < b for a, b in zip(found[charged[0] :], found[charged[0] + 1 : charged[-1] + 2], strict=False))
    assert found[charged[-1] + 1 :].tolist() == pytest.approx([float(found[-1])] * (length - charged[-1] - 1))
    assert len({round(float(one), 5) for one in example.advantages(output, "grpo")[row][:length]}) == 1
