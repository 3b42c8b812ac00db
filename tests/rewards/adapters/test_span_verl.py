"""verl's own loaders, reward loop, queue, replay buffer and trainer, with programs that are really run, on a CPU."""

import asyncio
import inspect
import json
import math
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("verl", reason="needs verl: `make test-integrations INTEGRATIONS=verl`")

import ray
import torch
import transfer_queue
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf
from tensordict import TensorDict
from verl import DataProto
from verl.experimental.agent_loop import agent_loop as loops
from verl.experimental.reward_loop.reward_loop import RewardLoopWorker
from verl.trainer.ppo import core_algos
from verl.trainer.ppo.metric_utils import process_validation_metrics
from verl.trainer.ppo.reward import load_reward_manager
from verl.trainer.ppo.v1 import AgentLoopWorkerTQ, get_trainer_cls
from verl.trainer.ppo.v1.replay_buffer import ReplayBuffer, ReplayBufferAsync

import rewards
from analyzers.types import Outcome, Source
from rewards.adapters import span_verl
from rewards.adapters.sampled import Charged
from rewards.adapters.span_verl import CHARGES, charged_advantages, packed
from rewards.adapters.verl import NoVerdict, SeamMoved
from rewards.types import Score
from trainer import weights

pytestmark = [
    pytest.mark.integrations,
    *(pytest.mark.filterwarnings(f"ignore::{kind}") for kind in ("FutureWarning", "DeprecationWarning", "UserWarning")),
]

ASSERTS = ["assert f(1) == 1"]
GOOD, UNDEFINED = "def f(x):\n    return x\n", "def f(x):\n    return y\n"
PASSES, UNDEFINED_BASE, UNDEFINED_CHARGE = 2.0, -0.9, -0.3
DENSE = -3.0
"""A charge of -0.3 on one token of more than ten: alpha is capped at 10."""
MANAGER = (
    "reward.reward_manager.source=importlib",
    "reward.reward_manager.name=SpanwiseRewardManager",
    "reward.reward_manager.module.path=pkg://rewards.adapters.verl",
    "+reward.reward_kwargs.spanwise.analyzers=[runtime,pyflakes]",
    "+reward.reward_kwargs.spanwise.workers=1",
)
TOKENS = ("trainer.v1.trainer_mode=spanwise_sync",)
FUNCTION = (
    "reward.custom_reward_function.path=pkg://rewards.adapters.verl",
    "+reward.custom_reward_function.reward_kwargs.analyzers=[runtime,pyflakes]",
    "+reward.custom_reward_function.reward_kwargs.workers=1",
)


@pytest.fixture(scope="module")
def tokenizer():
    return weights.load("tiny")[1]


@pytest.fixture(scope="module")
def configure(tokenizer, tmp_path_factory):
    """verl's own configuration with overrides."""
    folder = tmp_path_factory.mktemp("model")
    tokenizer.save_pretrained(folder)

    def configured(*overrides):
        needed = ("actor_rollout_ref.rollout.name=vllm", f"actor_rollout_ref.model.path={folder}")
        with initialize_config_module("verl.trainer.config", version_base=None):
            config = compose("ppo_trainer", overrides=[*needed, *overrides])
        OmegaConf.resolve(config)
        return config

    return configured


def sampled(tokenizer, text, *, one_by_one=False, ended=True):
    """Ids of a text; `one_by_one` gives one to each character, which no tokenizer would do."""
    ids = [
        id_ for part in (text if one_by_one else [text]) for id_ in tokenizer(part, add_special_tokens=False).input_ids
    ]
    return ids + [tokenizer.eos_token_id] * ended


def proto(rows, tokenizer, *, width=40, **fields):
    """A DataProto as verl's reward loop gets it: prompts padded on the left, responses on the right."""
    prompts, pad = torch.tensor([[0, 5, 6]] * len(rows)), tokenizer.pad_token_id or 0
    responses = torch.tensor([[*row, *[pad] * (width - len(row))] for row in rows])
    mask = torch.tensor([[0, 1, 1] + [1] * len(row) + [0] * (width - len(row)) for row in rows])
    return DataProto(
        batch=TensorDict({"prompts": prompts, "responses": responses, "attention_mask": mask}, batch_size=len(rows)),
        non_tensor_batch={
            "data_source": np.array(["mine"] * len(rows), dtype=object),
            "reward_model": np.array([{"ground_truth": json.dumps(ASSERTS)}] * len(rows), dtype=object),
            "extra_info": np.array([{"index": number} for number in range(len(rows))], dtype=object),
            **{name: np.array(values) for name, values in fields.items()},
        },
    )


@pytest.fixture
def batches(monkeypatch):
    """The batches that are really scored; a program that says FAILS is one that the harness fails on."""
    seen, real = [], rewards.score_batch

    def score_batch(items, **settings):
        seen.append([item.completion for item in items])
        failed = Score(None, None, Outcome.INFRASTRUCTURE, Source(""), "")
        return [
            failed if "FAILS" in item.completion else score
            for item, score in zip(items, real(items, **settings), strict=True)
        ]

    score_batch.__signature__ = inspect.signature(real)
    monkeypatch.setattr(rewards, "score_batch", score_batch)
    return seen


def test_verls_loader_finds_the_function_and_its_manager_awaits_it(configure, tokenizer):
    manager = load_reward_manager(configure(*FUNCTION), tokenizer)
    found = manager.loop.run_until_complete(manager.run_single(proto([sampled(tokenizer, UNDEFINED)], tokenizer)))
    assert found["reward_score"] == pytest.approx(UNDEFINED_BASE + UNDEFINED_CHARGE)
    assert found["reward_extra_info"]["spanwise_findings"] == "pyflakes UndefinedName -0.30"


def test_a_data_proto_is_one_batch_for_verls_reward_worker(configure, tokenizer, batches):
    worker = RewardLoopWorker(configure(*MANAGER))
    data = proto([sampled(tokenizer, text) for text in (GOOD, UNDEFINED, "no program")], tokenizer)
    outputs = worker.loop.run_until_complete(worker.compute_score_batch(data))
    assert batches == [[GOOD, UNDEFINED, "no program"]]
    scores = [output["reward_score"] for output in outputs]
    assert scores[:2] == [PASSES, pytest.approx(UNDEFINED_BASE + UNDEFINED_CHARGE)]
    assert len({tuple(output["reward_extra_info"]) for output in outputs}) == 1
    assert CHARGES not in outputs[0]["reward_extra_info"]
    placed = worker.reward_manager.assemble_rm_scores(data, scores)
    assert placed.shape == (3, 40)
    assert placed[0].nonzero().tolist() == [[len(sampled(tokenizer, GOOD)) - 1]]


def test_tokens_are_charged_where_they_were_sampled(configure, tokenizer):
    manager = load_reward_manager(configure(*MANAGER, *TOKENS), tokenizer)
    ids = sampled(tokenizer, UNDEFINED, one_by_one=True)
    assert len(ids) == len(UNDEFINED) + 1 > len(sampled(tokenizer, UNDEFINED))
    found = manager.loop.run_until_complete(manager.run_single(proto([ids], tokenizer)))
    assert found["reward_score"] == pytest.approx(UNDEFINED_BASE)
    assert json.loads(found["reward_extra_info"][CHARGES]) == {
        "length": len(ids),
        "charges": [[UNDEFINED.index("y"), pytest.approx(DENSE)]],
        "uncredited": [],
    }


def test_tokens_of_the_reasoning_are_not_charged(configure, tokenizer):
    text = "<think>y</think>" + UNDEFINED
    manager = load_reward_manager(configure(*MANAGER, *TOKENS), tokenizer)
    data = proto([sampled(tokenizer, text, one_by_one=True)], tokenizer, width=60)
    found = manager.loop.run_until_complete(manager.run_single(data))
    (charge,) = json.loads(found["reward_extra_info"][CHARGES])["charges"]
    assert charge == [text.rindex("y"), pytest.approx(DENSE)]


def test_of_a_trajectory_of_several_sequences_the_last_one_is_scored(configure, tokenizer, batches):
    manager = load_reward_manager(configure(*MANAGER), tokenizer)
    data = proto([sampled(tokenizer, UNDEFINED), sampled(tokenizer, GOOD)], tokenizer)
    assert manager.loop.run_until_complete(manager.run_single(data))["reward_score"] == PASSES
    assert batches == [[GOOD]]


@pytest.mark.parametrize("ended", [True, False])
def test_a_response_without_an_end_was_cut(configure, tokenizer, monkeypatch, ended):
    seen = []
    manager = load_reward_manager(configure(*MANAGER), tokenizer)
    scored = Score(1.0, 1.0, Outcome.PASS, Source("x"), "x")
    monkeypatch.setattr(rewards, "score_batch", lambda items, **_: seen.extend(items) or [scored])
    manager.loop.run_until_complete(manager.run_single(proto([sampled(tokenizer, GOOD, ended=ended)], tokenizer)))
    assert [(item.truncated, item.task_id) for item in seen] == [(not ended, "mine/0")]


def test_tokens_of_several_turns_are_not_charged(configure, tokenizer):
    data = proto([sampled(tokenizer, GOOD)], tokenizer, __num_turns__=[4])
    manager = load_reward_manager(configure(*MANAGER, *TOKENS), tokenizer)
    with pytest.raises(ValueError, match="need completions of one turn, this one has 4"):
        manager.loop.run_until_complete(manager.run_single(data))
    scalar = load_reward_manager(configure(*MANAGER), tokenizer)
    assert scalar.loop.run_until_complete(scalar.run_single(data))["reward_score"] == PASSES


def test_a_failed_harness_leaves_the_others_of_its_batch_alone(configure, tokenizer, batches):
    manager = load_reward_manager(configure(*MANAGER), tokenizer)
    data = proto([sampled(tokenizer, text) for text in (GOOD, "FAILS")], tokenizer)

    async def both():
        return await asyncio.gather(*(manager.run_single(data[i : i + 1]) for i in (0, 1)), return_exceptions=True)

    good, failed = manager.loop.run_until_complete(both())
    assert good["reward_score"] == PASSES
    assert isinstance(failed, NoVerdict)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ((*MANAGER, *TOKENS, "trainer.use_v1=false"), "need verl's v1 trainers"),
        ((*MANAGER, *FUNCTION), "scores by itself: leave out reward.custom_reward_function"),
        ((*MANAGER, "+reward.reward_kwargs.spanwise.analyser=[runtime]"), "did you mean 'analyzers'"),
        ((*MANAGER, "+reward.reward_kwargs.spanwise.scheme=difficulty"), "verl has them scored one by one"),
    ],
)
def test_a_bad_configuration_is_refused_when_the_manager_is_made(configure, tokenizer, overrides, message):
    with pytest.raises(ValueError, match=message):
        load_reward_manager(configure(*overrides), tokenizer)


def test_a_reward_that_is_no_number_would_reach_the_whole_group():
    rewards_ = torch.tensor([[0.0, 1.0], [0.0, math.nan], [0.0, 2.0]])
    found, _ = core_algos.compute_grpo_outcome_advantage(rewards_, torch.ones(3, 2), np.array(["a", "a", "b"]))
    assert found.isnan().any(dim=1).tolist() == [True, True, False]


def test_validation_counts_what_has_no_reward_as_no_pass_and_shows_the_rest_alone():
    infos = {"reward": [2.0], "acc": [1.0], "spanwise_outcome": ["pass"], CHARGES: ["{}"]}
    found = process_validation_metrics(["mine"], ["a"], infos, expected_acc_counts={("mine", "a"): 2})["mine"]
    assert (found["acc"]["mean@2"], found["acc_success_only"]["mean@1"]) == (0.5, 1.0)
    assert "spanwise_outcome" not in found
    assert CHARGES not in found


def charged(length, charges, uncredited=()):
    dense, credited = np.zeros(length), np.ones(length, dtype=bool)
    for token, amount in charges.items():
        dense[token] = amount
    credited[list(uncredited)] = False
    return packed(Charged(np.arange(length), dense, credited))


def test_advantages_are_those_of_the_outcome_where_it_counts_plus_the_charges():
    advantages = torch.tensor([[0.5, 0.5, 0.5, 0.0], [-1.0, -1.0, 0.0, 0.0], [0.25, 0.0, 0.0, 0.0]])
    mask = torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]])
    texts = [charged(3, {1: -0.25, 2: -1.0}, uncredited=[2]), charged(2, {}), None]
    found = charged_advantages(advantages, mask, texts, dense_weight=2.0)
    assert found.tolist() == [[0.5, 0.0, -2.0, 0.0], [-1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    assert charged_advantages(advantages, mask, texts, dense_weight=0.0)[0].tolist() == [0.5, 0.5, 0.0, 0.0]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([charged(2, {})], r"row 0 has 3 tokens, 2 were scored; expected the ids that were scored"),
        ([charged(5, {})], "row 0 has 3 tokens, 5 were scored"),
        ([charged(3, {})] * 2, "2 texts for 1 rows"),
    ],
)
def test_charges_of_other_completions_are_refused(texts, message):
    with pytest.raises(SeamMoved, match=message):
        charged_advantages(torch.zeros(1, 4), torch.tensor([[1, 1, 1, 0]]), texts)


def test_a_trajectory_that_another_manager_scored_is_refused():
    with pytest.raises(SeamMoved, match=r"without spanwise_tokens in its reward_extra_info \(\['acc'\]\)"):
        span_verl.text_of({"acc": 1.0})


def test_the_figures_of_a_batch():
    rows = [
        {
            "score": 0.5,
            "spanwise_base": 1.0,
            "spanwise_charges": -0.5,
            "spanwise_outcome": "pass",
            CHARGES: charged(3, {1: -0.5}),
        },
        {"score": 0.0, "spanwise_base": 0.0, "spanwise_charges": 0.0, "spanwise_outcome": "", CHARGES: charged(1, {})},
    ]
    assert span_verl.summary(rows) == {
        "spanwise/value": 0.25,
        "spanwise/base": 0.5,
        "spanwise/charges": -0.25,
        "spanwise/outcome/pass": 0.5,
        "spanwise/charged_tokens": 0.25,
    }
    assert span_verl.summary([]) == {}


def test_the_installed_verl_has_the_seam_and_others_are_told_apart():
    class Manager:
        def run_single(self, data): ...

    class Trainer:
        def _compute_advantage(self, batch, metrics): ...

    class Worker:
        def _compute_score(self, output):
            output.extra_fields["reward_extra_info"] = {}

    span_verl.check_seam(Manager, Trainer, Worker)
    for owners, message in (
        ((Trainer, Trainer, Worker), r"Trainer\.run_single does not exist; expected \(self, data\)"),
        ((Manager, Manager, Worker), r"Manager\._compute_advantage does not exist; expected \(self, batch, metrics\)"),
        ((Manager, Trainer, Manager), "Manager keeps no reward_extra_info"),
        (
            (SimpleNamespace(run_single=lambda data: 0, __name__="New"), Trainer, Worker),
            r"New\.run_single takes \(data\)",
        ),
    ):
        with pytest.raises(SeamMoved, match=message):
            span_verl.check_seam(*owners)


@pytest.mark.parametrize(("mode", "buffer"), [("sync", ReplayBuffer), ("colocate_async", ReplayBufferAsync)])
def test_verls_own_modes_are_behind_the_names(configure, mode, buffer):
    config = configure(*MANAGER, f"trainer.v1.trainer_mode=spanwise_{mode}", "+trainer.v1.spanwise.dense_weight=0.25")
    trainer = get_trainer_cls(config.trainer.v1.trainer_mode)(config)
    assert (trainer.trainer_mode, trainer.dense_weight, type(trainer.replay_buffer)) == (mode, 0.25, buffer)
    assert config.trainer.v1.trainer_mode == f"spanwise_{mode}"  # the reward workers read it


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ((), "need reward.reward_manager.name=SpanwiseRewardManager, got 'naive'"),
        ((*MANAGER, "+trainer.v1.spanwise.dense_weight=-1"), "dense_weight must be a number from 0 up, got -1"),
        ((*MANAGER, "actor_rollout_ref.actor.policy_loss.loss_mode=gspo"), "'gspo' weighs whole sequences"),
    ],
)
def test_a_bad_configuration_is_refused_when_the_trainer_is_made(configure, overrides, message):
    with pytest.raises(ValueError, match=message):
        span_verl.SpanTrainerSync(configure(*TOKENS, *overrides))


def test_an_environment_variable_of_verls_registers_the_trainers():
    code = "from verl.trainer.ppo.v1 import get_trainer_cls\nprint(get_trainer_cls('spanwise_separate_async').__name__)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "VERL_USE_EXTERNAL_MODULES": "rewards.adapters.span_verl"},
    )
    assert done.stdout.split()[-1] == "SpanTrainerSeparateAsync"


@pytest.fixture(scope="module")
def queue():
    """verl's queue of trajectories, in processes of a Ray cluster on this machine."""
    ray.init(num_cpus=8, include_dashboard=False, log_to_driver=False)
    transfer_queue.init(OmegaConf.create({}))
    yield
    transfer_queue.close()
    ray.shutdown()


class Written(loops.AgentLoopBase):
    """An agent that answers with the texts of its prompt, one for each session; nothing is generated."""

    def __init__(self, tokenizer, **_):
        self.tokenizer = tokenizer

    async def run(self, sampling_params, *, texts, session_id, **_):
        ids = sampled(self.tokenizer, texts[session_id], one_by_one=True)
        return loops.AgentLoopOutput(
            prompt_ids=[5, 6],
            response_ids=ids,
            response_mask=[1] * len(ids),
            num_turns=2,
            metrics=loops.AgentLoopMetrics(),
        )


def agents(config, tokenizer, reward_worker):
    """verl's worker of agent loops, without its servers of models and in this process."""
    worker = object.__new__(AgentLoopWorkerTQ.__ray_metadata__.modified_class)
    worker.__dict__ |= {
        "config": config,
        "rollout_config": config.actor_rollout_ref.rollout,
        "tokenizer": tokenizer,
        "reward_loop_worker_handles": [
            SimpleNamespace(compute_score=SimpleNamespace(remote=reward_worker.compute_score))
        ],
        "distillation_enabled": False,
        "mm_processor_kwargs": {},
        "tools": [],
        **dict.fromkeys(("llm_client", "processor", "hf_model_type", "dataset_cls")),
    }
    return worker


def test_a_group_goes_through_verls_queue_to_advantages_on_tokens(queue, configure, tokenizer, batches, monkeypatch):
    monkeypatch.setitem(sys.modules, "written", SimpleNamespace(Written=Written))
    monkeypatch.setitem(loops._agent_loop_registry, "written", {"_target_": "written.Written"})
    config = configure(
        *MANAGER,
        *TOKENS,
        "+trainer.v1.spanwise.dense_weight=0.5",
        "algorithm.adv_estimator=grpo",
        "actor_rollout_ref.rollout.n=3",
    )
    reward_worker = RewardLoopWorker(config)
    worker = agents(config, tokenizer, reward_worker)
    prompt = {
        "uid": "a",
        "raw_prompt": [{"role": "user", "content": "Return the argument."}],
        "texts": [GOOD, UNDEFINED, "FAILS"],
        "agent_name": "written",
        "data_source": "mine",
        "reward_model": {"ground_truth": json.dumps(ASSERTS)},
        "extra_info": {"index": 0},
        "global_steps": 0,
    }
    transfer_queue.kv_batch_put(
        keys=["a"], partition_id="train", tags=[{"is_prompt": True, "status": "pending", "global_steps": 0}]
    )
    trajectory = {"step": 0, "sample_index": 0, "rollout_n": 0, "validate": False}
    reward_worker.loop.run_until_complete(worker._run_prompt(prompt, {}, trajectory=trajectory))

    trainer = span_verl.SpanTrainerSync(config)
    batch, _ = trainer.replay_buffer.sample(global_steps=0, partition_id="train", batch_size=1)
    assert sorted(batch.keys) == ["a_0_0", "a_1_0"]  # the one that the harness failed on is not there
    metrics: dict[str, float] = {}
    batch = trainer._compute_advantage(batch, metrics)
    stored = transfer_queue.kv_batch_get(
        keys=["a_0_0", "a_1_0"], partition_id="train", select_fields=["advantages", "rm_scores"]
    )
    good, undefined = (row.tolist() for row in stored["advantages"].unbind())
    # GRPO of the outcomes 2 and -0.9 alone; then half of the charge, on the token that was sampled for "y".
    outcome = (2.0 - 0.55) / (2.9 / math.sqrt(2))
    assert good == pytest.approx([outcome] * (len(GOOD) + 1), abs=1e-5)
    expected = [-outcome] * (len(UNDEFINED) + 1)
    expected[UNDEFINED.index("y")] += 0.5 * DENSE
    assert undefined == pytest.approx(expected, abs=1e-5)
    assert [row.sum().item() for row in stored["rm_scores"].unbind()] == pytest.approx([PASSES, UNDEFINED_BASE])
    assert metrics["spanwise/outcome/pass"] == 0.5
    assert metrics["spanwise/charges"] == pytest.approx(UNDEFINED_CHARGE / 2)
