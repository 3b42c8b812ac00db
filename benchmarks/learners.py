"""The trainers that `training.py` compares; each runs in a process of its own, which imports nothing but it.

    python learners.py NAME JOB

JOB is a `Job` as JSON. The process loads its trainer, makes the steps that warm it up, and says that it is ready with
an empty line. Then for every line that it reads it makes a number of optimiser steps, and prints what they took, a
`Turn` as JSON. All trainers have the same weights, prompts, sizes, reward and optimiser, and update after every round.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from accelerate import Accelerator
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from rewards import Scorer
from rewards.stream import Scores
from rewards.types import Item, Score, Source
from trainer import build, config, losses, tasks, weights
from trainer.config import Config
from trainer.loop import Loop
from trainer.policy import Policy
from trainer.prompts import render
from trainer.step import Learner, Objective
from trainer.types import Experience, Rollout, Task

RATE = 1e-6
"""Step size: small, so that all go on writing what the first weights do."""
CLIP = 0.2
NORM = 1.0
WARM_UP = 2
SHAPE = "SmolLM2's shape"
"""A model of random weights that is as large as SmolLM2-135M."""
SMOLLM2: dict[str, Any] = {
    "vocab_size": 49152, "hidden_size": 576, "intermediate_size": 1536,
    "num_attention_heads": 9, "num_key_value_heads": 3, "tie_word_embeddings": True, "pad_token_id": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be learned, the same for all."""

    model: str = "tiny"
    prompts: int = 8
    samples: int = 8
    limit: int = 96
    """Tokens of a completion at most."""
    steps: int = 3
    """Of a turn."""
    threads: int = 1
    device: str = "cpu"
    dtype: str = "float32"
    ends: bool = True
    """Whether completions end at the end token; else each has `limit` tokens."""
    sparse: int = 1
    """One sample in so many is rewarded; 1 gives each sample a number of its own, so that all groups have variance."""
    micro_batch_tokens: int = 2048
    rate: float = RATE
    """Step size."""
    analyzers: tuple[str, ...] = ()
    before: int = 64
    """Tokens of the prompt of a given batch."""
    layers: int = 30
    """Of the model of random weights."""
    mixed_precision: str = "no"
    """Type of spanwise's arithmetic."""


@dataclass(slots=True)
class Turn:
    """What some optimiser steps took."""

    steps: int = 0
    tokens: int = 0
    """Of completions, end tokens included."""
    learned: int = 0
    """Samples that the loss was computed of."""
    generate_s: float = 0.0
    """Wall seconds of generation."""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    """Of the process and its descendants."""
    waited_s: float = 0.0
    """Wall seconds that scoring went on after generation."""
    peak_mib: float = 0.0
    """Most memory that the process had in the turn."""


class Turns:
    """Talks to `training.py`: counts steps, and waits where a turn is over."""

    def __init__(self, job: Job, answers: Any) -> None:
        self._job, self._answers = job, answers
        self._left = WARM_UP
        self._turn: Turn | None = None
        self._generated_s = self._waited_s = 0.0
        self._begin = self._cpu_s = 0.0

    @contextmanager
    def generating(self) -> Iterator[None]:
        """Inside, completions are generated."""
        begin = time.perf_counter()
        yield
        self._generated_s += time.perf_counter() - begin

    def waited(self, seconds: float) -> None:
        """Scores came so much later than the last completion."""
        self._waited_s += seconds

    def made(self, *, tokens: int, learned: int) -> None:
        """An optimiser step was made, with completions of so many tokens."""
        if self._turn is not None:
            self._turn.steps += 1
            self._turn.tokens += tokens
            self._turn.learned += learned
        self._left -= 1
        if not self._left:
            self._answer()
            self._wait()

    def _answer(self) -> None:
        line = ""
        if (turn := self._turn) is not None:
            synchronize(self._job.device)
            turn.wall_s = time.perf_counter() - self._begin
            turn.cpu_s = cpu_s() - self._cpu_s
            turn.generate_s, turn.waited_s = self._generated_s, self._waited_s
            turn.peak_mib = peak_mib()
            line = json.dumps(asdict(turn))
        print(line, file=self._answers, flush=True)

    def _wait(self) -> None:
        if not sys.stdin.readline():
            raise SystemExit
        self._turn, self._left = Turn(), self._job.steps
        self._generated_s = self._waited_s = 0.0
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak counts from here on
        self._begin, self._cpu_s = time.perf_counter(), cpu_s()


def synchronize(device: str) -> None:
    """Waits for what the device was told to do."""
    if device == "cuda":
        torch.cuda.synchronize()


def cpu_s() -> float:
    """CPU seconds of this process and its descendants, those that have ended included."""
    me = psutil.Process()
    return sum(sum(one.cpu_times()[:4]) for one in [me, *me.children(recursive=True)])


def peak_mib() -> float:
    """The most memory that this process had at a time, since that was last forgotten."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("/proc/self/status has no VmHWM: the peak is measured on Linux")


def reward_of(completion: str, sparse: int) -> float:
    """A number that costs nothing."""
    found = zlib.crc32(completion.encode())
    return found % 1009 / 1009 if sparse == 1 else float(found % sparse == 0)


def pool() -> list[Task]:
    """The tasks that prompts are taken from."""
    return tasks.load("builtin", "train")


def loaded(job: Job) -> tuple[Any, Any]:
    """Model and tokenizer; where completions are not to end, with an end token that the model cannot write."""
    model, tokenizer = weights.load(weights.TINY if job.model == SHAPE else job.model, dtype=job.dtype)
    if job.model == SHAPE:
        model = LlamaForCausalLM(LlamaConfig(**SMOLLM2, num_hidden_layers=job.layers))
    if not job.ends:
        tokenizer.add_special_tokens({"eos_token": "<|never|>"})
        assert tokenizer.eos_token_id >= model.config.vocab_size
        model.config.eos_token_id = model.generation_config.eos_token_id = tokenizer.eos_token_id
    return model.to(job.device), tokenizer


class Trivial:
    """Scores at once: what remains is the trainer."""

    def __init__(self, sparse: int) -> None:
        self._sparse = sparse

    def submit(self, item: Item) -> Future[Score]:
        """The score of an item."""
        value = reward_of(item.completion, self._sparse)
        found: Future[Score] = Future()
        found.set_result(Score(value, value, None, Source(item.completion), item.completion))
        return found

    def grouped(self, items: Sequence[Item], scores: Sequence[Score]) -> list[Score]:
        """The scores as they are."""
        return list(scores)


def spanwise(job: Job, turns: Turns) -> None:
    """This project's loop, with analyzers or the trivial reward."""
    if job.analyzers:
        with Scorer(job.analyzers, scheme="static") as scorer:
            learn(job, turns, scorer)
    else:
        learn(job, turns, Trivial(job.sparse))


def learn(job: Job, turns: Turns, scorer: Scores) -> None:
    """The loop with this scorer; never returns."""
    model, tokenizer = loaded(job)
    settings = settings_of(job)
    accelerator, policy = Accelerator(cpu=job.device == "cpu"), Policy(model, tokenizer)
    if job.analyzers:
        build.set_threads(policy.parameters, wanted=job.threads)
    loop = Loop(settings, policy, pool(), scorer, accelerator=accelerator)
    while True:
        with turns.generating():
            drawn = loop.sample()
        found = loop.learn(drawn)
        turns.waited(found["seconds"]["score"])
        turns.made(tokens=found["tokens"], learned=found["learned_samples"])


def settings_of(job: Job) -> Config:
    """Those of TRL's defaults, as far as they matter here."""
    return config.load(
        flags={
            "rollout.tasks": job.prompts,
            "rollout.samples": job.samples,
            "rollout.max_new_tokens": job.limit,
            "advantage.name": "grpo",
            "loss.name": "clipped",
            "loss.clip_low": CLIP,
            "loss.clip_high": CLIP,
            "optimizer.learning_rate": job.rate,
            "optimizer.schedule": "constant",
            "optimizer.max_grad_norm": NORM,
            "optimizer.micro_batch_tokens": job.micro_batch_tokens,
            "model.threads": job.threads,
        }
    )


def trl(job: Job, turns: Turns) -> None:
    """TRL's GRPOTrainer without gradient checkpointing, which is slower, and without logs."""
    model, tokenizer = loaded(job)
    prompts = [render(task, tokenizer) for task in pool()]
    with tempfile.TemporaryDirectory() as folder:
        trainer = grpo_trainer(job, turns, folder, model, tokenizer, prompts)
        generate = model.generate

        def timed(*given: Any, **options: Any) -> Any:
            with turns.generating():
                return generate(*given, **options)

        model.generate = timed
        trainer.train()


def grpo_trainer(
    job: Job, turns: Turns, folder: str, model: Any, tokenizer: Any, prompts: Sequence[str], **options: Any
) -> Any:
    """TRL's trainer with a reward that costs nothing, which tells of its steps."""
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

    count = {"tokens": 0}

    def reward(completions: list[str], completion_ids: list[list[int]], **_: Any) -> list[float]:
        count["tokens"] = sum(map(len, completion_ids))
        return [reward_of(completion, job.sparse) for completion in completions]

    class Told(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, *_: Any, **__: Any) -> None:
            turns.made(tokens=count["tokens"], learned=job.prompts * job.samples)

    arguments = GRPOConfig(
        output_dir=folder,
        use_cpu=job.device == "cpu",
        bf16=job.dtype == "bfloat16",
        per_device_train_batch_size=job.prompts * job.samples,
        num_generations=job.samples,
        max_completion_length=job.limit,
        max_steps=1_000_000,
        learning_rate=job.rate,
        lr_scheduler_type="constant",
        max_grad_norm=NORM,
        epsilon=CLIP,
        gradient_checkpointing=False,
        report_to="none",
        logging_strategy="no",
        save_strategy="no",
        disable_tqdm=True,
    )
    rows = Dataset.from_dict({"prompt": list(prompts)})
    return GRPOTrainer(
        model, reward, args=arguments, train_dataset=rows, processing_class=tokenizer, callbacks=[Told()], **options
    )


def given_batch(job: Job) -> tuple[list[int], list[list[int]]]:
    """A prompt and completions of random tokens."""
    drawn = np.random.default_rng(0)
    return drawn.integers(10, 390, job.before).tolist(), drawn.integers(10, 390, (job.samples, job.limit)).tolist()


def trl_given(job: Job, turns: Turns) -> None:
    """TRL's learner alone: completions are given."""
    model, tokenizer = loaded(job)
    prompt, completions = given_batch(job)

    def given(prompts: list[str], trainer: Any) -> dict[str, Any]:
        return {"prompt_ids": [prompt] * job.samples, "completion_ids": completions, "logprobs": None}

    with tempfile.TemporaryDirectory() as folder:
        grpo_trainer(job, turns, folder, model, tokenizer, ["x"] * 64, rollout_func=given).train()


def spanwise_given(job: Job, turns: Turns) -> None:
    """This project's learner alone."""
    model, tokenizer = loaded(job)
    prompt, completions = given_batch(job)
    settings = settings_of(job)
    objective = Objective(losses.bind(settings.loss.name, **settings.loss.options))
    learner = Learner(
        Policy(model, tokenizer),
        objective=objective,
        settings=settings.optimizer,
        steps=1_000_000,
        accelerator=Accelerator(cpu=job.device == "cpu", mixed_precision=job.mixed_precision),
    )
    batch = [
        Experience(
            Rollout("", np.array(prompt), np.array(ids), np.full(job.limit, -8, np.float32), "", True),
            np.full(job.limit, reward_of(str(row), 1) - 0.5, np.float32),
        )
        for row, ids in enumerate(completions)
    ]
    while True:
        found = learner.step(batch)
        turns.made(tokens=job.samples * job.limit, learned=int(found["learned_samples"]))


def bare(job: Job, turns: Turns) -> None:
    """`model.generate`, a forward pass, the loss and AdamW, and nothing else."""
    model, tokenizer = loaded(job)
    texts = [render(task, tokenizer) for task in pool()]
    optimizer = torch.optim.AdamW(model.parameters(), lr=job.rate, weight_decay=0.0, fused=True)
    end = tokenizer.eos_token_id
    while True:
        drawn = random.sample(texts, job.prompts)
        prompts = tokenizer(drawn, return_tensors="pt", padding=True, padding_side="left").to(job.device)
        with turns.generating(), torch.no_grad():
            ids = model.generate(
                **prompts,
                do_sample=True,
                top_k=0,
                max_new_tokens=job.limit,
                num_return_sequences=job.samples,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=end,
            )
        written = ids[:, prompts.input_ids.shape[1] :]
        mask = ((written == end).cumsum(1) - (written == end).long()) == 0
        rows = [row[kept].tolist() for row, kept in zip(written, mask, strict=True)]
        rewards = [reward_of(text, job.sparse) for text in tokenizer.batch_decode(rows, skip_special_tokens=True)]
        seen = torch.cat([prompts.attention_mask.repeat_interleave(job.samples, 0), mask.long()], dim=1)
        loss = bare_loss(model, ids, seen, mask, advantages(rewards, job))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), NORM)
        optimizer.step()
        optimizer.zero_grad()
        turns.made(tokens=int(mask.sum()), learned=len(rows))


def advantages(rewards: Sequence[float], job: Job) -> Tensor:
    """[B, 1], normalised within groups."""
    table = torch.tensor(rewards, device=job.device).view(job.prompts, job.samples)
    table = (table - table.mean(1, keepdim=True)) / (table.std(1, keepdim=True) + 1e-4)
    return table.view(-1, 1)


def bare_loss(model: Any, ids: Tensor, seen: Tensor, mask: Tensor, advantage: Tensor) -> Tensor:
    """The clipped surrogate, token mean."""
    width = mask.shape[1]
    positions = (seen.cumsum(1) - 1).clamp(min=0)
    output = model(
        ids, attention_mask=seen, position_ids=positions, use_cache=False, logits_to_keep=width + 1
    )  # fmt: skip
    logits = output.logits[:, :-1].float()
    logprobs = logits.log_softmax(-1).gather(-1, ids[:, -width:, None])[..., 0]
    ratio = torch.exp(logprobs - logprobs.detach())
    surrogate = torch.minimum(ratio * advantage, ratio.clamp(1 - CLIP, 1 + CLIP) * advantage)
    return -(surrogate * mask).sum() / mask.sum()


TRAINERS: dict[str, Callable[[Job, Turns], None]] = {
    "spanwise": spanwise,
    "TRL": trl,
    "bare loop": bare,
    "spanwise, given batch": spanwise_given,
    "TRL, given batch": trl_given,
}


def main(trainers: Mapping[str, Callable[[Job, Turns], None]]) -> None:
    """Runs one trainer of those, as the command line says, until there are no more lines to read."""
    name, fields = sys.argv[1], json.loads(sys.argv[2])
    job = Job(**{**fields, "analyzers": tuple(fields["analyzers"])})
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what is printed is no answer
    torch.set_num_threads(job.threads)
    torch.manual_seed(0)
    trainers[name](job, Turns(job, answers))


if __name__ == "__main__":
    main(TRAINERS)
