"""The trainers that `reward_models.py` compares; each runs in a process of its own (`learners.py` has the protocol).

Both have the same weights, token ids, pairs and optimiser, and update once for the pairs of a step, in the same order.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForSequenceClassification, LlamaModel

from rewards.reranking.pools import Candidate, Pool
from trainer import weights
from trainer.reranker.fit import Fitting, Step, fit
from trainer.reranker.lessons import Batch, Lessons
from trainer.reranker.model import RewardModel
from trainer.reranker.trunk import Trunk
from trainer.sections import Optimizer

sys.path.append(str(Path(__file__).parent))  # last: names of files here are those of packages elsewhere
from learners import NORM, RATE, SHAPE, SMOLLM2, Job, Turns, main

POOLS = 64
"""Problems that there are."""
PASSES = 8
"""Pairs of a pass, in the row of TRL that accumulates gradients: its default."""


def model_of(job: Job) -> RewardModel:
    """The embedded model, or one of random weights in the shape of SmolLM2-135M, with a new head."""
    torch.manual_seed(0)
    if job.model != SHAPE:
        return RewardModel.load(job.model)
    _, tokenizer = weights.load(weights.TINY)
    return RewardModel(Trunk(LlamaModel(LlamaConfig(**SMOLLM2, num_hidden_layers=job.layers)), tokenizer))


def pools_of(job: Job) -> list[Pool]:
    """Problems of some `job.before` tokens with `job.samples` candidates of some `job.limit`, half of which pass."""
    draw = random.Random(0)

    def lines(tokens: int) -> str:
        written = (f"    {draw.choice('xyz')} = {draw.choice('abc')} {draw.choice('+-*')} {draw.randint(0, 99)}\n"
                   for _ in range(max(1, round(tokens / 10))))  # fmt: skip
        return "".join(written)

    def candidate(place: int) -> Candidate:
        return Candidate(lines(draw.randint(job.limit // 2, job.limit * 3 // 2)), place % 2 == 0)

    return [
        Pool(str(number), f"def f{number}(a, b, c):\n{lines(job.before)}", tuple(map(candidate, range(job.samples))))
        for number in range(POOLS)
    ]


def settings_of(job: Job) -> Fitting:
    """TRL's defaults, as far as they matter here."""
    rates = {"learning_rate": RATE, "schedule": "constant", "max_grad_norm": NORM}
    optimizer = Optimizer.model_validate({**rates, "micro_batch_tokens": job.micro_batch_tokens})
    return Fitting(
        epochs=1_000_000, pools=job.prompts, candidates=job.samples, head_learning_rate=RATE, optimizer=optimizer
    )  # fmt: skip


def batches(job: Job, model: RewardModel) -> list[Batch]:
    """Those of the first epoch."""
    lessons = Lessons.of(model, pools_of(job), settings_of(job).model_copy(update={"epochs": 1}), seed=0)
    return list(lessons.batches())


def spanwise(job: Job, turns: Turns) -> None:
    """`trainer.reranker.fit`."""
    model, pairs = model_of(job), job.prompts * (job.samples // 2) ** 2

    def told(step: Step) -> None:
        turns.made(tokens=0, learned=pairs)

    fit(model, pools_of(job), settings_of(job), on_step=told)


def reward_trainer(job: Job, folder: str, *, passes: int = 1, callbacks: list[Any] | None = None) -> Any:
    """TRL's RewardTrainer without gradient checkpointing, which is slower, and without logs; `passes` make a step."""
    from datasets import Dataset, disable_progress_bars
    from trl import RewardConfig, RewardTrainer

    ours = model_of(job)
    config = LlamaConfig(**ours.trunk.config.to_dict())
    config.num_labels = 1
    model = LlamaForSequenceClassification(config)
    model.model.load_state_dict(ours.trunk.model.state_dict())
    with torch.no_grad():
        model.score.weight.copy_(ours.heads.score.weight)
    disable_progress_bars()
    pairs = [
        tuple([*batch.rows[place].prompt.tolist(), *batch.rows[place].ids.tolist()] for place in pair)
        for batch in batches(job, ours)
        for pair in zip(batch.better.tolist(), batch.worse.tolist(), strict=True)
    ]
    arguments = RewardConfig(
        output_dir=folder,
        use_cpu=True,
        bf16=False,
        per_device_train_batch_size=job.prompts * (job.samples // 2) ** 2 // passes,
        gradient_accumulation_steps=passes,
        train_sampling_strategy="sequential",
        max_steps=1_000_000,
        learning_rate=RATE,
        lr_scheduler_type="constant",
        max_grad_norm=NORM,
        gradient_checkpointing=False,
        report_to="none",
        logging_strategy="no",
        save_strategy="no",
        disable_tqdm=True,
    )
    rows = Dataset.from_dict({"chosen_ids": [pair[0] for pair in pairs], "rejected_ids": [pair[1] for pair in pairs]})
    return RewardTrainer(
        model, args=arguments, train_dataset=rows, processing_class=ours.trunk.tokenizer, callbacks=callbacks
    )


def trl(job: Job, turns: Turns, *, passes: int = 1) -> None:
    """TRL's RewardTrainer."""
    from transformers import TrainerCallback

    class Told(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, *_: Any, **__: Any) -> None:
            turns.made(tokens=0, learned=job.prompts * (job.samples // 2) ** 2)

    with tempfile.TemporaryDirectory() as folder:
        reward_trainer(job, folder, passes=passes, callbacks=[Told()]).train()


def trl_in_passes(job: Job, turns: Turns) -> None:
    """The same with the pairs of its default batch in a pass."""
    trl(job, turns, passes=job.prompts * (job.samples // 2) ** 2 // PASSES)


if __name__ == "__main__":
    main({"spanwise": spanwise, "TRL": trl, "TRL, passes": trl_in_passes})
