"""The tables of a configuration: every key with its type, its default and what it does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from trainer.buffer import Staleness

Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]
Weight = Annotated[float, Field(ge=0)]


class Section(BaseModel):
    """A table of the TOML file."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Named(BaseModel):
    """A function by name; the other keys of the table are its keyword-only arguments."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)

    name: str
    """Name in the registry of such functions."""

    @property
    def options(self) -> dict[str, Any]:
        """The keyword arguments."""
        return dict(self.model_extra or {})


class Model(Section):
    """What learns."""

    name: str = "tiny"
    """"tiny" (embedded), "smollm2" (after `make smollm2`), a folder, or a name on the Hugging Face hub."""
    device: Literal["auto", "cpu"] = "auto"
    """"auto" takes a CUDA GPU where there is one."""
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    """Type of the weights."""
    mixed_precision: Literal["no", "bf16", "fp16"] = "no"
    """Type of the arithmetic in the forward pass; weights, log-probs and losses stay as `dtype` says. On CPUs that
    multiply it (AVX512-BF16, AMX) bf16 pays for models some 500 wide; the embedded one is slower with it."""
    lora_rank: Annotated[int, Field(ge=0)] = 0
    """Rank of low-rank adapters, which are learned instead of the weights (arXiv 2106.09685); 0 learns the weights."""
    lora_alpha: Annotated[float, Field(gt=0)] | None = None
    """Scale of their product, times the rank; by default twice the rank."""
    gradient_checkpointing: bool = False
    """Computes the inside of each layer again for the gradient instead of holding it."""
    threads: Positive | None = None
    """Threads of the CPU that learn; by default one below ten million weights, else all cores but one. While programs
    are sampled, one core is left to those that score them."""


class Tasks(Section):
    """What is to be programmed."""

    train: str = "builtin"
    """Task set that rollouts are drawn from, as NAME:PATH?option=value; its split "train". `python -m trainer.tasks
    --help` lists sets and options."""
    test: str | None = None
    """Task set that is measured; by default the same one. Its split "test"."""
    limit: Positive | None = None
    """Only the first so many training tasks."""


class Reward(Section):
    """Who judges the programs."""

    analyzers: tuple[str, ...] = ("pylint", "runtime")
    """Names of analyzers, as `python -m analyzers list` shows them, or plugin files; `runtime` runs the tests."""
    model: str | None = None
    """Folder of a trained scorer (`python -m trainer.reranker`), whose ratings take the place of what the tests say;
    `runtime` among the analyzers then runs the tests for the record alone. What is held out is always tested."""
    plugins: tuple[str, ...] = ()
    """Plugin files, `.py` or `.scm`, all of whose analyzers run, too."""
    workers: Positive | None = None
    """Processes that analyse; by default chosen from the number of cores."""
    timeout_s: Annotated[float, Field(gt=0)] = 4.0
    """Wall-clock seconds for each test of a program."""
    isolation: Literal["strict", "standard", "weak", "none"] = "standard"
    """The weakest tier at which programs may run; `python -m analyzers.runtime.doctor` says which ones there are."""


class Rollouts(Section):
    """A round of rollouts."""

    tasks: Positive = 8
    """Tasks in a round (P)."""
    samples: Positive = 8
    """Completions of each task, its group (G)."""
    temperature: Annotated[float, Field(gt=0)] = 1.0
    """Divides the logits, in sampling as in learning; RLTF found 1 best (arXiv 2307.04349, table 7)."""
    top_p: Share = 1.0
    """Nucleus of sampling; log-probs are those of the whole distribution all the same."""
    max_new_tokens: Positive = 96
    """Longest completion."""
    cache_tokens: Positive = 16384
    """Tokens, prompts included, whose keys and values are held at a time."""
    replace: Literal["never", "alike", "silent"] = "never"
    """Groups that are replaced by those of further tasks (DAPO's dynamic sampling): "alike", where all outcomes earned
    the same; "silent", where no token has an advantage, so that a group with charges stays."""
    extra_rounds: Positive = 3
    """Further rounds, at most, that replace groups; what is missing then is missing."""
    greedy: bool = False
    """Answers each task of a round greedily, too, for the advantage `greedy`."""
    overlong: Literal["keep", "drop", "punish"] = "keep"
    """"drop" does not learn from completions that were cut off; "punish" takes up to 1 off the reward of those that
    come close to `max_new_tokens` (DAPO, arXiv 2503.14476, section 3.4)."""
    overlong_share: Share = 0.2
    """The last share of `max_new_tokens`, over which that price rises from 0 to 1."""


class BufferSettings(Section):
    """What is learned from between rounds; the defaults are on-policy. See `trainer.buffer.Staleness`."""

    capacity: Positive = 6400
    """Samples kept; the oldest are dropped first."""
    refresh: Positive | Literal["never"] = 1
    """Optimiser steps from one round of rollouts to the next; "never" learns from those of the warm-up alone, a pool of
    the first model's (offline, as CodeRL does, arXiv 2207.01780)."""
    staleness: Annotated[int, Field(ge=0)] | Literal["unlimited"] = 0
    """Largest age of a sample in optimiser steps; 0 uses each sample once, with the weights that drew it."""
    warmup: Annotated[int, Field(ge=0)] = 0
    """Samples that must be there before the first optimiser step."""
    batch: Positive | None = None
    """Samples of an optimiser step, drawn at random from the buffer; by default all of them."""

    def setup(self) -> Staleness:
        """As the buffer takes it."""
        limit = None if self.staleness == "unlimited" else self.staleness
        if self.refresh == "never" and limit is not None:
            raise ValueError(
                'with buffer.refresh = "never" samples get ever older: set buffer.staleness to "unlimited"'
            )
        refresh = sys.maxsize if self.refresh == "never" else self.refresh
        return Staleness(self.capacity, refresh, limit, self.warmup)


class Objective(Section):
    """What the loss is made of, beside its policy term."""

    dense_weight: Weight = 0.3
    """Scale of the charges on tokens, relative to the outcome advantage; 1 is RLTF's plain sum (eq. 6)."""
    dense_groups: Literal["all", "unsolved"] = "all"
    """"unsolved" charges tokens only in groups where no sample passes, where the outcome alone says little."""
    kl_weight: Weight = 0.0
    """Scale of KL(policy || initial policy). Costs one more forward pass and a copy of the weights."""
    kl_place: Literal["loss", "reward"] = "loss"
    """"loss" adds its token mean to the loss; "reward" takes it off the reward, as far as the advantage can tell: token
    by token for `gae` and `reinforce++`, else its sum over the completion."""
    kl_target: Weight = 0.0
    """Above 0, `kl_weight` in the reward follows this KL of a completion in nats: it rises while the policy is further
    from the initial one, and falls while it is nearer (`trainer.kl_control`)."""
    kl_horizon: Positive = 10000
    """Samples in which it changes by at most a fifth or so."""
    kl_estimator: Literal["k1", "k2", "k3"] = "k3"
    """How it is estimated, see `trainer.losses.kl_estimate`: k1 for the reward, k2 or k3 for the loss."""
    importance_cap: Weight = 0.0
    """Above 0, weighs each token by min(p_learner / p_generator, cap) under the weights that sampled it, which corrects
    for a generator that computes in another engine or precision (truncated importance sampling)."""
    entropy_weight: Weight = 0.0
    """Scale of the entropy bonus, token mean in nats."""
    supervised_weight: Weight = 0.0
    """Scale of RLTF's supervised term (eq. 7) on the reference completions of the step's tasks."""


class Critic(Section):
    """What is expected of a rollout before it is over."""

    weight: Weight = 0.0
    """Scale of the critic's loss; above 0 a small head on the hidden states of the policy is learned."""
    predicts: Literal["reward", "outcome"] = "reward"
    """"reward" expects a return, for `gae`; "outcome" tells how likely a program is not to compile, to crash, fail or
    pass, and weighs each token's advantage by what it held of the outcome that came (CodeRL, `trainer.outcomes`)."""
    lead_steps: Annotated[int, Field(ge=0)] = 0
    """Optimiser steps at the beginning in which the critic alone learns."""
    clip: Weight = 0.2
    """How far a value may move from that at sampling before its loss stops falling; 0 sets no bound."""
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    """Peak learning rate of the head."""
    shared: bool = False
    """Whether the value loss teaches the hidden states, too, or the head alone; they serve the policy first."""


class Optimizer(Section):
    """AdamW, and how a step is cut into micro-batches."""

    learning_rate: Annotated[float, Field(gt=0)] = 5e-4
    """Peak learning rate."""
    schedule: Literal["constant", "linear", "cosine"] = "linear"
    """After the warm-up; linear and cosine end at 0 with the last step."""
    warmup_steps: Annotated[int, Field(ge=0)] = 0
    """Steps of linear warm-up."""
    weight_decay: Weight = 0.0
    """Decoupled; matrices only."""
    betas: tuple[Share, Share] = (0.9, 0.999)
    """Decay of the running moments."""
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0
    """Gradients are scaled down to this norm."""
    micro_batch_tokens: Positive = 2048
    """Tokens, prompts and padding included, that go through the model at a time; bounds the memory of a step. On a CPU
    more of them than its cache holds are no faster, on a GPU they are."""


class Run(Section):
    """How long, and what is kept."""

    steps: Annotated[int, Field(ge=0)] = 120
    """Optimiser steps."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Everything random follows from it."""
    name: str | None = None
    """Folder of the run; by default MODEL-TASKS. A number is added where the folder exists."""
    out: Path = Path("runs")
    """Folder of the folders of runs."""
    save_every: Positive = 20
    """Steps from one checkpoint to the next."""
    keep: Positive = 2
    """Checkpoints kept."""
    log_samples: Annotated[int, Field(ge=0)] = 4
    """Scored programs of each step that go to samples.jsonl."""
    report: bool = True
    """Write report.html at the end; `python -m trainer.report RUN` does at any time."""
    trackers: tuple[str, ...] = ()
    """Services that are told the metrics, beside TensorBoard: wandb, trackio, mlflow, comet_ml and what else
    accelerate knows; their packages have to be installed."""


class Evaluation(Section):
    """What is measured before and after, and on the way, on held-out tasks."""

    tasks: Annotated[int, Field(ge=0)] = 150
    """Tasks, the first ones of the test set; 0 measures nothing."""
    samples: Positive = 4
    """Completions of each task."""
    every: Annotated[int, Field(ge=0)] = 0
    """Steps from one measurement on the way to the next; the checkpoint that did best is kept. 0 measures none."""
    greedy: bool = True
    """Decode each task greedily, too."""
    temperature: Annotated[float, Field(gt=0)] = 1.0
    """Divides the logits of the sampled completions."""
    top_p: Share = 1.0
    """Nucleus of the sampled completions."""
