"""slime's custom reward and advantages: by themselves on hand-made samples, and through slime's own functions."""

import asyncio
import json
import math
import sys
import threading
from enum import Enum
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

import pytest

import rewards
from analyzers.types import (
    Span,
)
from rewards.adapters import slime
from rewards.adapters.slime import SeamMoved, advantages, log, post_process, spanwise_reward

THINK, CLOSE, END = 4, 5, 6
TEXTS = ("x", " =", " y", "\n", "plan", "</think>", "")
TESTS = ["assert x == 1"]
POST, ADVANTAGES = "rewards.adapters.slime.post_process", "rewards.adapters.slime.advantages"


def arguments(**changed):
    """What this adapter reads of slime's arguments."""
    given = {
        "advantage_estimator": "grpo",
        "rewards_normalization": True,
        "grpo_std_normalization": False,
        "reward_key": None,
        "hf_checkpoint": "model",
        "custom_reward_post_process_path": POST,
        "custom_advantage_function_path": ADVANTAGES,
    }
    return SimpleNamespace(**{**given, **changed})


class State(Enum):
    COMPLETED = "completed"
    TRUNCATED = "truncated"


class FakeSample:
    """What this adapter uses of a sample of slime."""

    def __init__(self, ids=(0, END), *, group=0, mask=None, metadata=None, label=None, cut=False):
        self.tokens = [9, 9, *ids]
        self.response_length = len(ids)
        self.response = "".join(TEXTS[id_] for id_ in ids)
        self.loss_mask = mask
        self.label = label
        self.metadata = {"tests": TESTS} if metadata is None else metadata
        self.group_index, self.index = group, 7
        self.status = State.TRUNCATED if cut else State.COMPLETED
        self.reward, self.remove_sample = None, False

    def get_reward_value(self, args):
        return self.reward if not args.reward_key else self.reward[args.reward_key]


def rewarded(samples, args=None, **options):
    """Sets the rewards of a group, as slime does with --group-rm."""
    values = asyncio.run(spanwise_reward(**options)(args or arguments(), samples))
    for sample, value in zip(samples, values, strict=True):
        sample.reward = value
    return values


def dense(make, samples, args=None, **options):
    return rewarded(samples, args, tokenizer=make.tokenizer, **{"dense_weight": 1.0, **options})


def test_a_group_is_one_batch_beside_the_event_loop(given, make):
    given.scores = [make.scored("x", 1.0, make.charge(0, 1)), make.scored("x =", -0.5)]
    samples = [FakeSample(), FakeSample([0, 1], cut=True)]
    assert rewarded(samples) == [0.75, -0.5]
    [batch] = given.batches
    assert [item.completion for item in batch] == ["x", "x ="]
    assert [item.truncated for item in batch] == [False, True]
    assert [item.task_id for item in batch] == ["0", "0"]
    assert given.threads[0] is not threading.main_thread()
    told = json.loads(json.dumps(samples[0].metadata))[slime.NAME]
    assert rewards.from_jsonable(told["score"]) == make.scored("x", 1.0, make.charge(0, 1))


def test_samples_that_come_one_by_one_are_batched_as_they_come(given):
    reward = spanwise_reward()
    samples = [FakeSample(), FakeSample([0, 1])]

    async def both():
        return await asyncio.gather(*(reward(arguments(), sample) for sample in samples))

    assert asyncio.run(both()) == [1.0, 1.0]
    assert [[item.completion for item in batch] for batch in given.batches] == [["x", "x ="]]


def test_a_failed_harness_is_out_of_the_loss_and_of_the_baseline(given, make):
    given.scores = [make.scored("x", 1.0), make.scored("x", None), make.scored("x", -0.5)]
    samples = [FakeSample() for _ in range(3)]
    assert rewarded(samples) == [1.0, 0.25, -0.5]
    assert [sample.remove_sample for sample in samples] == [False, True, False]
    logged, trained = post_process(arguments(), samples)
    assert logged == [1.0, 0.25, -0.5]
    assert trained == [0.75, 0.0, -0.75]


def test_alone_a_failed_harness_has_no_number(given, make):
    given.scores = [make.scored("x", None)]
    one, other = FakeSample(), FakeSample()
    one.reward = asyncio.run(spanwise_reward()(arguments(), one))
    assert math.isnan(one.reward)
    assert one.remove_sample
    other.reward = asyncio.run(spanwise_reward()(arguments(), other))
    assert post_process(arguments(), [one, other]) == ([1.0, 1.0], [0.0, 0.0])


def test_where_nothing_could_be_judged_nothing_is_learned(given, make):
    given.scores = [make.scored("x", None), make.scored("x", None)]
    samples = [FakeSample(), FakeSample()]
    assert rewarded(samples) == [0.0, 0.0]
    assert post_process(arguments(), samples) == ([0.0, 0.0], [0.0, 0.0])


def test_outcomes_are_compared_as_slime_is_told_to(given, make):
    given.scores = [make.scored("x", base) for base in (1.0, 0.0, 3.0, 5.0)]
    samples = [FakeSample(group=group) for group in (0, 0, 1, 1)]
    rewarded(samples)
    assert post_process(arguments(), samples)[1] == [0.5, -0.5, -1.0, 1.0]
    # The standard deviations of (1, 0) and (3, 5), as those of a sample, are the roots of 0.5 and 2.
    scaled = post_process(arguments(grpo_std_normalization=True), samples)[1]
    assert scaled == pytest.approx([0.5**0.5, -(0.5**0.5), -(0.5**0.5), 0.5**0.5], abs=1e-5)
    baseline = arguments(advantage_estimator="reinforce_plus_plus_baseline", grpo_std_normalization=True)
    assert post_process(baseline, samples)[1] == [0.5, -0.5, -1.0, 1.0]
    for changed in ({"rewards_normalization": False}, {"advantage_estimator": "ppo"}):
        assert post_process(arguments(**changed), samples)[1] == [1.0, 0.0, 3.0, 5.0]


def test_a_group_of_one_is_not_divided_by_its_deviation(given):
    sample = FakeSample()
    rewarded([sample])
    assert post_process(arguments(grpo_std_normalization=True), [sample]) == ([1.0], [0.0])


def test_charges_lie_on_the_tokens_that_caused_them(given, make):
    given.scores = [make.scored("x = y\n", 1.0, make.charge(4, 5)), make.scored("x", 0.0)]
    samples = [FakeSample([0, 1, 2, 3, END]), FakeSample([0, END])]
    assert dense(make, samples, dense_weight=2.0) == [1.0, 0.0]
    logged, trained = post_process(arguments(), samples)
    assert logged == [1.0, 0.0]
    assert trained == [[0.5, 0.5, 0.0, 0.5, 0.5], [-0.5, -0.5]]


def test_reasoning_and_earlier_turns_keep_the_advantage_of_the_outcome(given, make):
    given.scores = [make.scored("x = y", 1.0, make.charge(0, 1)), make.scored("x", 0.0)]
    ids, mask = [0, END, 3, THINK, 0, CLOSE, 0, 1, 2, END], [1, 1, 0, 1, 1, 1, 1, 1, 1, 1]
    samples = [FakeSample(ids, mask=mask), FakeSample()]
    dense(make, samples)
    assert [item.completion for item in given.batches[0]] == ["x = y", "x"]
    assert post_process(arguments(), samples)[1][0] == [0.5] * 6 + [0.25] + [0.5] * 3


def test_without_tokens_the_reasoning_is_left_out_too(given):
    rewarded([FakeSample([THINK, CLOSE, 0])])
    assert given.batches[0][0].completion == "x"


def test_the_outcome_is_not_credited_to_what_it_says_nothing_of(given, make):
    given.scores = [make.scored("x = y", 1.0, make.charge(1, 3), exempt=(Span(1, 5),)), make.scored("x", 0.0)]
    samples = [FakeSample([0, 1, 2, END]), FakeSample()]
    dense(make, samples)
    assert post_process(arguments(), samples)[1][0] == [0.5, -0.25, 0.0, 0.5]


def test_no_token_is_charged_where_the_harness_failed(given, make):
    given.scores = [make.scored("x", None), make.scored("x", 1.0), make.scored("x", 0.0)]
    samples = [FakeSample() for _ in range(3)]
    dense(make, samples)
    assert post_process(arguments(), samples)[1] == [[0.0, 0.0], [0.5, 0.5], [-0.5, -0.5]]


def test_rows_are_metadata_and_the_label(given):
    sample = FakeSample(metadata={"language": "lua"}, label=json.dumps(TESTS))
    rewarded([sample], columns={"tests": "label"})
    [[item]] = given.batches
    assert (item.tests.statements, item.language) == (tuple(TESTS), "lua")
    assert sample.metadata["language"] == "lua"
    with pytest.raises(ValueError, match=r"no column 'tests' for 'tests'; its columns: label, language; name"):
        rewarded([FakeSample(metadata={"language": "lua"})])


def test_what_slime_logs_gets_the_figures_of_the_rollout(given, make):
    given.scores = [make.scored("x", 1.0, make.charge(0, 1)), make.scored("x", None)]
    samples = [FakeSample(), FakeSample([0, 1, END])]
    dense(make, samples)
    metrics = {"rollout/x": 1.0}
    assert log(3, arguments(), samples, metrics, 1.0) is False
    assert metrics["rollout/x"] == 1.0
    assert metrics["spanwise/charges"] == -0.25
    assert metrics["spanwise/infrastructure"] == 0.5
    assert metrics["spanwise/charged_tokens"] == 0.2
    assert metrics["spanwise/programs/length/tokens"] == 2.5


def test_figures_that_slime_does_not_take_are_logged_here(given, caplog):
    samples = [FakeSample()]
    rewarded(samples)
    with caplog.at_level("INFO", logger="rewards.adapters.slime"):
        assert log(3, arguments(), samples, None, 1.0) is False
    assert "rollout 3: {'spanwise/infrastructure': 0.0, 'spanwise/value': 1.0" in caplog.text


def test_samples_that_nobody_scored_are_refused(given):
    with pytest.raises(ValueError, match="sample 7 of group 0 has no score of spanwise in its metadata"):
        post_process(arguments(), [FakeSample()])


@pytest.mark.parametrize(
    ("changed", "options", "message"),
    [
        (
            {"custom_reward_post_process_path": None},
            {"dense_weight": 1.0},
            r"needs rewards\.adapters\.slime\.post_process",
        ),
        (
            {"custom_advantage_function_path": None},
            {"dense_weight": 1.0},
            r"must be rewards\.adapters\.slime\.advantages",
        ),
        ({"advantage_estimator": "gspo"}, {"dense_weight": 1.0}, "--advantage-estimator gspo does not go with charges"),
        ({"advantage_estimator": "ppo"}, {"dense_weight": 1.0}, "use grpo, cispo, reinforce_plus_plus_baseline"),
    ],
)
def test_arguments_that_would_lose_the_charges_are_refused(given, changed, options, message, make):
    with pytest.raises(ValueError, match=message):
        rewarded([FakeSample()], arguments(**changed), tokenizer=make.tokenizer, **options)
    assert not given.batches


def test_one_by_one_needs_the_baseline_of_spanwise_and_no_comparing_scheme(given):
    with pytest.raises(
        ValueError, match=r"is not set: without --group-rm, .* needs rewards\.adapters\.slime\.post_pro"
    ):
        asyncio.run(spanwise_reward()(arguments(custom_reward_post_process_path=None), FakeSample()))
    with pytest.raises(ValueError, match="slime without --group-rm has them scored one by one"):
        asyncio.run(spanwise_reward(scheme="difficulty")(arguments(), FakeSample()))
    assert rewarded([FakeSample()], arguments(custom_reward_post_process_path=None), scheme="difficulty") == [1.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"analyser": ["runtime"]}, "unknown setting 'analyser'; did you mean 'analyzers'"),
        ({"columns": {"test": "x"}}, "did you mean 'tests'"),
        ({"dense_weight": math.nan}, "dense_weight must be a number from 0 up, got nan"),
    ],
)
def test_bad_settings_are_refused_at_once(options, message):
    with pytest.raises(ValueError, match=message):
        spanwise_reward(**options)


def test_other_samples_are_refused(given):
    sample = FakeSample()
    del sample.loss_mask, sample.remove_sample
    with pytest.raises(
        SeamMoved, match=r"^slime .*a sample has no loss_mask, remove_sample; expected one\. Tested with"
    ):
        rewarded([sample])


class Row(list):
    """A tensor of one dimension, as far as it matters."""

    def new_tensor(self, values):
        return Row(values)


@pytest.fixture
def sliced(monkeypatch):
    """Stands in for slime's slicing, without which no advantage is made."""
    names = ("slime", "slime.backends", "slime.backends.megatron_utils", "slime.backends.megatron_utils.cp_utils")
    for name in names:
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    module = sys.modules[names[-1]]
    module.slice_log_prob_with_cp = lambda values, total, length: values
    return module


def test_advantages_are_handed_to_slime_per_token(sliced):
    data = {
        "rewards": [[0.5, 0.25], [-1.0]],
        "total_lengths": [4, 3],
        "response_lengths": [2, 1],
        "kl": [Row([0.0, 0.0]), Row([0.0])],
    }
    advantages(arguments(), data)
    assert data["advantages"] == data["returns"] == [[0.5, 0.25], [-1.0]]
    assert data["rewards"] == [0.375, -1.0]


def test_one_reward_for_a_response_is_no_advantage_of_tokens(sliced, make):
    with pytest.raises(
        ValueError, match=r"make the reward with dense_weight, and set --custom-reward-post-process-path"
    ):
        advantages(arguments(), {"rewards": [0.5, -1.0]})


def test_another_slicing_is_refused(sliced):
    del sliced.slice_log_prob_with_cp
    with pytest.raises(SeamMoved, match=r"cannot be imported as it was .*expected slice_log_prob_with_cp in cp_utils"):
        advantages(arguments(), {})


# --- on slime itself ---

ON_GPUS = ("sglang", "sglang.srt", "sglang.srt.constants", "sglang.srt.server_args", "sglang.srt.utils", "wandb")


RANKS = SimpleNamespace(size=1, rank=0)


class Anything(ModuleType):
    """Stands in for a package that slime imports, and that these tests do not use."""

    __path__ = ()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


@pytest.fixture
def real(monkeypatch):
    """The real package; what it needs GPUs for is replaced by nothing, and its ranks by one."""
    reason = "needs slime, which is on no package index: https://github.com/THUDM/slime"
    pytest.importorskip("slime.utils.types", reason=reason)
    for name in (*ON_GPUS, "megatron", "megatron.core"):
        stand_in = Anything(name)
        stand_in.__spec__ = ModuleSpec(name, None)
        monkeypatch.setitem(sys.modules, name, stand_in)
    # What was imported before keeps the first stand-in of all: they share their ranks.
    monkeypatch.setattr(RANKS, "size", 1)
    monkeypatch.setattr(RANKS, "rank", 0)
    sys.modules["megatron.core"].mpu = SimpleNamespace(
        is_pipeline_last_stage=lambda: True,
        get_context_parallel_world_size=lambda: RANKS.size,
        get_context_parallel_rank=lambda: RANKS.rank,
    )
    from slime.utils.types import Sample

    return SimpleNamespace(Sample=Sample)


def real_sample(real, ids, *, group=0, index=0, cut=False):
    status = real.Sample.Status.TRUNCATED if cut else real.Sample.Status.COMPLETED
    return real.Sample(
        group_index=group,
        index=index,
        rollout_id=index,
        prompt="p",
        tokens=[9, 9, *ids],
        response="".join(TEXTS[id_] for id_ in ids),
        response_length=len(ids),
        label=json.dumps(TESTS),
        status=status,
    )


@pytest.fixture
def module(monkeypatch, make):
    """A module with a reward, as users write one."""
    made = ModuleType("my_rewards")
    made.reward = spanwise_reward(columns={"tests": "label"}, dense_weight=1.0, tokenizer=make.tokenizer)
    monkeypatch.setitem(sys.modules, "my_rewards", made)
    return made


@pytest.mark.integrations
def test_slime_loads_the_reward_by_its_path_and_awaits_it(real, module, given, make):
    from slime.rollout.rm_hub import async_rm, batched_async_rm

    args = arguments(custom_rm_path="my_rewards.reward", rm_type=None)
    given.scores = [make.scored("x", 1.0), make.scored("x", None), make.scored("x", -0.5)]
    group = [real_sample(real, [0, END], index=index) for index in range(3)]
    assert asyncio.run(batched_async_rm(args, group)) == [1.0, 0.25, -0.5]
    assert [sample.remove_sample for sample in group] == [False, True, False]
    assert asyncio.run(async_rm(args, real_sample(real, [0], cut=True))) == 1.0
    assert given.batches[1][0].truncated
    again = real.Sample.from_dict(json.loads(json.dumps(group[0].to_dict())))
    assert again.metadata == group[0].metadata


@pytest.mark.integrations
def test_slime_trains_on_what_is_charged(real, module, given, make):
    """From the samples of a rollout to the advantages of slime's loss, with nothing of spanwise in between but paths."""
    torch = pytest.importorskip("torch")
    rollout = pytest.importorskip("slime.ray.rollout")
    from slime.backends.megatron_utils.loss import compute_advantages_and_returns
    from slime.observability.rollout_data_utils import tensorize_rollout_data_for_training
    from slime.utils.misc import load_function

    args = arguments(
        custom_rm_path="my_rewards.reward",
        rm_type=None,
        kl_coef=0,
        use_rollout_logprobs=False,
        use_opd=False,
        normalize_advantages=False,
    )
    given.scores = [make.scored("x = y\n", 1.0, make.charge(4, 5)), make.scored("x", 0.0), make.scored("x", None)]
    samples = [real_sample(real, ids, index=index) for index, ids in enumerate([[0, 1, 2, 3, END], [0, END], [0, END]])]
    for sample, value in zip(samples, asyncio.run(module.reward(args, samples)), strict=True):
        sample.reward = value

    manager_class = rollout.RolloutManager.__ray_metadata__.modified_class
    manager = object.__new__(manager_class)
    manager.args = args
    manager.custom_reward_post_process_func = load_function(POST)
    manager.custom_convert_samples_to_train_data_func = None
    data = manager._convert_samples_to_train_data(samples)
    assert data["raw_reward"] == [1.0, 0.0, 0.5]
    assert data["loss_masks"] == [[1] * 5, [1, 1], [0, 0]]
    tensorize_rollout_data_for_training(data)
    data["total_lengths"] = [len(sample.tokens) for sample in samples]
    data["log_probs"] = [torch.zeros(sample.response_length) for sample in samples]
    compute_advantages_and_returns(args, data)
    assert [row.tolist() for row in data["advantages"]] == [[0.5, 0.5, 0.25, 0.5, 0.5], [-0.5, -0.5], [0.0, 0.0]]
    assert data["rewards"] == pytest.approx([0.45, -0.5, 0.0])


@pytest.mark.integrations
def test_the_ranks_of_context_parallelism_get_their_tokens(real):
    torch = pytest.importorskip("torch")
    RANKS.size = 2
    values = [float(value) for value in range(6)]
    parts = []
    for rank in range(2):
        RANKS.rank = rank
        data = {"rewards": [values], "total_lengths": [8], "response_lengths": [6], "kl": [torch.zeros(3)]}
        advantages(arguments(), data)
        parts.append(data["advantages"][0].tolist())
    # Of eight tokens, two of them the prompt, the first rank reads 0, 1, 6 and 7, and the second 2 to 5; each predicts
    # the token after, which is the response's first of token 1.
    assert parts == [[0.0, 5.0], [1.0, 2.0, 3.0, 4.0]]


@pytest.mark.integrations
def test_slime_logs_the_figures(real, module, given, monkeypatch):
    from slime.observability import rollout_metrics

    logged = {}
    monkeypatch.setattr(rollout_metrics.logging_utils, "log", lambda args, metrics, step_key: logged.update(metrics))
    monkeypatch.setattr(rollout_metrics, "compute_metrics_from_samples", lambda args, samples: {})
    monkeypatch.setattr(rollout_metrics, "compute_perf_metrics_from_samples", lambda args, samples, seconds: {})
    monkeypatch.setattr(rollout_metrics, "compute_rollout_step", lambda args, rollout_id: rollout_id)
    args = arguments(
        custom_rollout_log_function_path="rewards.adapters.slime.log", load_debug_rollout_data=None, rm_type=None
    )
    sample = real_sample(real, [0, END])
    [sample.reward] = asyncio.run(module.reward(args, [sample]))
    rollout_metrics.log_rollout_data(3, args, [sample], {}, 1.0)
    assert logged["spanwise/outcome/pass"] == 1.0
    assert logged["rollout/step"] == 3


@pytest.mark.integrations
def test_the_tokenizer_is_that_of_the_checkpoint(real, given, monkeypatch, make):
    asked = []
    monkeypatch.setattr(
        "slime.utils.processing_utils.load_tokenizer",
        lambda name, **options: asked.append((name, options)) or make.tokenizer,
    )
    reward = spanwise_reward(columns={"tests": "label"}, dense_weight=1.0)
    for _ in range(2):
        asyncio.run(reward(arguments(), [real_sample(real, [0])]))
    assert asked == [("model", {"trust_remote_code": True})]
