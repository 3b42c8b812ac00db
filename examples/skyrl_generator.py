"""Per-token rewards in SkyRL: its own generator and environment, with charges on the tokens that caused them.

    pip install skyrl skyrl-gym
    python examples/skyrl_generator.py

SkyRL's generator samples from an engine that gives four prepared answers to one question. Printed are the rewards of
the tokens, and the advantages that SkyRL's REINFORCE++ makes of them. A training run makes its generator in the method
`get_generator` of its experiment, as the adapter's documentation shows.
"""

from __future__ import annotations

import asyncio
import sys
import typing

import typing_extensions

if sys.version_info < (3, 12):  # SkyRL 0.3 gives typing.TypedDict to Pydantic, which takes it from Python 3.12 on
    typing.TypedDict = typing_extensions.TypedDict

import skyrl_gym
import torch
from skyrl.backends.skyrl_train.utils import ppo_utils
from skyrl.train.config import GeneratorConfig, SkyRLGymConfig
from skyrl.train.generators.skyrl_gym_generator import SkyRLGymGenerator
from skyrl_gym.envs.base_text_env import BaseTextEnv, BaseTextEnvStepOutput
from torch.nn.utils.rnn import pad_sequence

from rewards.adapters.skyrl import spanwise_generator
from trainer import weights

ANSWERS = (
    "def largest(values):\n    return max(values)\n",
    "def largest(values):\n    count = len(values)\n    return max(values)\n",
    "def largest(values):\n    return values[0]\n",
    "def largest(values):\n    return value\n",
)
TESTS = ["assert largest([1, 3]) == 3", "assert largest([2]) == 2"]
COLUMNS = {"tests": "reward_spec.ground_truth"}


class Answer(BaseTextEnv):
    """Takes one answer and leaves its reward to the generator."""

    def __init__(self, env_config=None, extras=None) -> None:
        super().__init__()

    def step(self, action: str) -> BaseTextEnvStepOutput:
        """Called by SkyRL with what was sampled."""
        return BaseTextEnvStepOutput(observations=[], reward=0.0, done=True, metadata={})


class Prepared:
    """An inference engine that gives the prepared answers, in turn."""

    def __init__(self, tokenizer) -> None:
        self.tokenizer, self.asked = tokenizer, 0

    async def generate(self, given, model=None):
        """Called by SkyRL with the prompts of some trajectories."""
        texts = [ANSWERS[(self.asked + row) % len(ANSWERS)] for row in range(len(given["prompt_token_ids"]))]
        self.asked += len(texts)
        ids = [[*self.tokenizer.encode(text, add_special_tokens=False), self.tokenizer.eos_token_id] for text in texts]
        return {"responses": texts, "response_ids": ids, "stop_reasons": ["stop"] * len(texts)}

    async def finish_session(self, session_id) -> None:
        """Called by SkyRL when a trajectory ends."""


def generator(tokenizer, **settings):
    """SkyRL's generator with the prepared engine, and rewards of spanwise."""
    if "answer" not in skyrl_gym.registry:
        skyrl_gym.register(id="answer", entry_point=Answer)
    inner = SkyRLGymGenerator(
        GeneratorConfig(max_input_length=512), SkyRLGymConfig(max_env_workers=0), Prepared(tokenizer), tokenizer
    )
    return spanwise_generator(inner, tokenizer=tokenizer, columns=COLUMNS, **settings)


def batch() -> dict:
    """One question, asked once for each answer."""
    prompt = [{"role": "user", "content": "Write largest(values)."}]
    count = len(ANSWERS)
    extras = [{"reward_spec": {"ground_truth": TESTS}} for _ in range(count)]
    return {
        "prompts": [prompt] * count,
        "env_classes": ["answer"] * count,
        "env_extras": extras,
        "sampling_params": {"max_generate_length": 256},
        "trajectory_ids": None,
        "batch_metadata": None,
    }


def advantages(output: dict, estimator: str) -> torch.Tensor:
    """[B, T] advantages that SkyRL makes of a generator's output, with padding at the end of the rows."""
    rewards = pad_sequence([torch.tensor(row) for row in output["rewards"]], batch_first=True)
    mask = pad_sequence([torch.ones(len(row)) for row in output["rewards"]], batch_first=True)
    found, _ = ppo_utils.compute_advantages_and_returns(
        token_level_rewards=rewards,
        response_mask=mask,
        index=["question"] * len(rewards),
        adv_estimator=estimator,
        config=None,
    )
    return found


def main() -> None:
    """Generates and prints."""
    tokenizer = weights.load("tiny")[1]
    tokenizer.chat_template = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"
    output = asyncio.run(generator(tokenizer, analyzers=["runtime", "pylint"]).generate(batch()))
    for ids, rewards, row in zip(
        output["response_ids"], output["rewards"], advantages(output, "reinforce++"), strict=True
    ):
        print(f"reward {sum(rewards):+.2f}\n  reward  advantage  token")
        for id_, reward, advantage in zip(ids, rewards, row[: len(ids)].tolist(), strict=True):
            print(f"  {reward:+.3f}     {advantage:+.3f}  {tokenizer.decode([id_])!r}")
    for name, value in output["rollout_metrics"].items():
        if name.startswith("spanwise/mean/outcome"):
            print(f"{name} {value:.2f}")


if __name__ == "__main__":
    main()
