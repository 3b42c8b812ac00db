"""verl's rewards and advantages token by token, on a CPU, and the data and the command to train with on GPUs.

    python examples/verl_tokens.py
    python examples/verl_tokens.py --data data/spanwise

Needs verl (`pip install verl==0.9.1`). The first command samples completions with the embedded model, has verl's reward
worker score them with its own configuration, lets verl compute the advantages of GRPO, and prints those with the
charges on the tokens. The second one writes the built-in tasks as verl reads them, and prints the command for it.
"""

from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf
from tensordict import TensorDict
from verl import DataProto
from verl.experimental.reward_loop.reward_loop import RewardLoopWorker
from verl.trainer.ppo.ray_trainer import compute_advantage

from analyzers.runtime.tests import to_json
from rewards.adapters.span_verl import CHARGES, charged_advantages
from trainer import weights
from trainer.tasks import load

REWARD = (
    "reward.reward_manager.source=importlib",
    "reward.reward_manager.name=SpanwiseRewardManager",
    "reward.reward_manager.module.path=pkg://rewards.adapters.verl",
    "+reward.reward_kwargs.spanwise.analyzers=[runtime,pylint]",
    "reward.num_workers=1",
    "trainer.v1.trainer_mode=spanwise_sync",
)
DENSE_WEIGHT = 0.3
COMMAND = """
VERL_USE_EXTERNAL_MODULES=rewards.adapters.span_verl python -m verl.trainer.main_ppo \\
    data.train_files={folder}/train.parquet data.val_files={folder}/test.parquet \\
    actor_rollout_ref.model.path=Qwen/Qwen2.5-Coder-0.5B-Instruct actor_rollout_ref.rollout.name=vllm \\
    actor_rollout_ref.rollout.n=8 algorithm.adv_estimator=grpo trainer.n_gpus_per_node=1 \\
    {reward} \\
    +trainer.v1.spanwise.dense_weight={weight}"""


def main() -> None:
    """Writes data, or samples, scores and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder for train.parquet and test.parquet; nothing is sampled then")
    parser.add_argument("--samples", type=int, default=8, help="completions of each of two tasks")
    options = parser.parse_args()
    if options.data is not None:
        write(options.data)
        return
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    rows = [row for row in table("train")[:2] for _ in range(options.samples)]
    model, tokenizer = weights.load("tiny")
    data = sampled(model, tokenizer, rows)
    outputs = score(data, tokenizer_path=model.name_or_path)
    extra = [output["reward_extra_info"] for output in outputs]
    advantages = compute(data, [output["reward_score"] for output in outputs], [row["extra_info"] for row in rows])
    dense = charged_advantages(
        advantages, data.batch["response_mask"], [info[CHARGES] for info in extra], dense_weight=DENSE_WEIGHT
    )
    for info in extra:
        print(f"score {info['score']:+.3f}  {info['spanwise_outcome']:12}  {info['spanwise_findings']}")
    worst = int((dense - advantages).abs().sum(dim=1).argmax())
    print(f"\ncompletion {worst}\noutcome  with charges  token")
    for token, plain, charged in zip(data.batch["responses"][worst], advantages[worst], dense[worst], strict=True):
        if token != tokenizer.pad_token_id:
            print(f"{float(plain):+7.3f}  {float(charged):+12.3f}  {tokenizer.decode([int(token)])!r}")


def table(split: str) -> list[dict[str, object]]:
    """The built-in tasks in the columns of verl's datasets; tests are JSON text."""
    return [
        {
            "data_source": "spanwise/builtin",
            "prompt": [{"role": "user", "content": task.prompt}],
            "ability": "code",
            "reward_model": {"style": "rule", "ground_truth": json.dumps(to_json(task.tests))},
            "extra_info": {"index": index, "split": split, "prefix": task.prefix, "task_id": task.id},
        }
        for index, task in enumerate(load("builtin", split))
    ]


def write(folder: Path) -> None:
    """Both splits as parquet, and the command that trains with them."""
    folder.mkdir(parents=True, exist_ok=True)
    for split in ("train", "test"):
        rows = table(split)
        Dataset.from_list(rows).to_parquet(folder / f"{split}.parquet")
        print(f"{len(rows)} tasks in {folder / split}.parquet")
    print(COMMAND.format(folder=folder, reward=" \\\n    ".join(REWARD), weight=DENSE_WEIGHT))


def sampled(model, tokenizer, rows: list[dict[str, object]]) -> DataProto:
    """Completions of the prompts, as verl's rollouts hand them on."""
    prompts = tokenizer(
        [row["prompt"][0]["content"] for row in rows], return_tensors="pt", padding=True, padding_side="left"
    )
    width = prompts.input_ids.shape[1]
    ids = model.generate(**prompts, do_sample=True, temperature=1.0, max_new_tokens=96)
    responses = ids[:, width:]
    # The token that ends a completion is part of it, and may be the one that pads.
    ended = (responses == tokenizer.eos_token_id).int()
    mask = ((ended.cumsum(dim=1) - ended) == 0).long()
    tensors = {
        "prompts": ids[:, :width],
        "responses": responses,
        "attention_mask": torch.cat([prompts.attention_mask, mask], dim=1),
        "response_mask": mask,
    }
    fields = {
        name: np.array([row[name] for row in rows], dtype=object)
        for name in ("data_source", "reward_model", "extra_info")
    }
    return DataProto(batch=TensorDict(tensors, batch_size=len(rows)), non_tensor_batch=fields)


def score(data: DataProto, *, tokenizer_path: str) -> list[dict[str, object]]:
    """What verl's reward worker answers for a batch."""
    with initialize_config_module("verl.trainer.config", version_base=None):
        overrides = [*REWARD, "actor_rollout_ref.rollout.name=vllm", f"actor_rollout_ref.model.path={tokenizer_path}"]
        config = compose("ppo_trainer", overrides=overrides)
    OmegaConf.resolve(config)
    worker = RewardLoopWorker(config)
    return worker.loop.run_until_complete(worker.compute_score_batch(data))


def compute(data: DataProto, scores: list[float], extra: list[dict[str, object]]) -> torch.Tensor:
    """verl's advantages of GRPO, [B, T], of rewards on the last tokens."""
    mask = data.batch["response_mask"]
    rewards = torch.zeros_like(mask, dtype=torch.float32)
    rewards[torch.arange(len(mask)), mask.sum(dim=1) - 1] = torch.tensor(scores, dtype=torch.float32)
    data.batch["token_level_rewards"] = rewards
    data.non_tensor_batch["uid"] = np.array([str(row["index"]) for row in extra], dtype=object)
    return compute_advantage(data, adv_estimator="grpo").batch["advantages"]


if __name__ == "__main__":
    main()
