"""A custom reward for slime, with charges on the tokens that caused them.

    python train.py ... \\
        --custom-rm-path slime_rewards.reward --group-rm \\
        --custom-reward-post-process-path rewards.adapters.slime.post_process \\
        --custom-advantage-function-path rewards.adapters.slime.advantages \\
        --custom-rollout-log-function-path rewards.adapters.slime.log

with this folder on PYTHONPATH, and data whose label is the tests as JSON text. Run as a program in an environment with
slime, it has slime reward three programs as one group, and prints the advantages of their tokens.
"""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace

from slime.rollout.rm_hub import batched_async_rm
from slime.utils.types import Sample

from rewards.adapters.slime import post_process, spanwise_reward
from trainer import weights

reward = spanwise_reward(analyzers=["runtime", "pylint"], columns={"tests": "label"}, dense_weight=0.3)

PROGRAMS = (
    "def largest(values):\n    return max(values)\n",
    "def largest(values):\n    count = len(values)\n    return max(values)\n",
    "def largest(values):\n    return value\n",
)
TESTS = ["assert largest([3, 1]) == 3"]


def sample(tokenizer, index: int, program: str) -> Sample:
    """A finished sample of slime, as its rollout leaves it."""
    asked = tokenizer.encode("Write largest(values).\n", add_special_tokens=False)
    answered = [*tokenizer.encode(program, add_special_tokens=False), tokenizer.eos_token_id]
    return Sample(
        group_index=0,
        index=index,
        prompt="Write largest(values).\n",
        tokens=[*asked, *answered],
        response=program,
        response_length=len(answered),
        label=json.dumps(TESTS),
        status=Sample.Status.COMPLETED,
    )


async def main() -> None:
    """Rewards and prints."""
    tokenizer = weights.load("tiny")[1]
    args = Namespace(
        custom_rm_path="slime_rewards.reward",
        custom_reward_post_process_path="rewards.adapters.slime.post_process",
        custom_advantage_function_path="rewards.adapters.slime.advantages",
        hf_checkpoint=tokenizer.name_or_path,
        advantage_estimator="grpo",
        rewards_normalization=True,
        grpo_std_normalization=True,
        reward_key=None,
    )
    group = [sample(tokenizer, index, program) for index, program in enumerate(PROGRAMS)]
    for one, value in zip(group, await batched_async_rm(args, group), strict=True):
        one.reward = value
    logged, trained = post_process(args, group)
    for one, outcome, row in zip(group, logged, trained, strict=True):
        print(f"reward {outcome:+.2f}")
        for id_, advantage in zip(one.tokens[-one.response_length :], row, strict=True):
            print(f"  {advantage:+.3f}  {tokenizer.decode([id_])!r}")


if __name__ == "__main__":
    asyncio.run(main())
