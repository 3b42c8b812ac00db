"""The configuration of a run: typed, documented under each field, unknown keys refused with a suggestion.

    [rollout]
    samples = 16

Tables of a TOML file, the flags of `trainer.run` and `--set rollout.samples=16` say the same thing; the later wins.
The defaults are the embedded demo. With any other model and no file, the values of `PRETRAINED` take their place.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from rewards import schemes
from rewards.registry import did_you_mean
from trainer.buffer import Staleness
from trainer.curriculum import Plan
from trainer.recipes import RECIPES

Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]
Weight = Annotated[float, Field(ge=0)]

PRETRAINED: Mapping[str, Mapping[str, Any]] = {
    "rollout": {"tasks": 4, "samples": 4, "max_new_tokens": 128, "temperature": 0.8},
    "optimizer": {"learning_rate": 1e-5, "micro_batch_tokens": 1024},
    "run": {"steps": 100, "save_every": 10},
    "evaluation": {"tasks": 8, "samples": 1, "temperature": 0.8},
}
"""What a pretrained model starts from: sizes that a model of some 100 million weights manages on two CPU cores."""


UNCRITICAL = ("reinforce", "rltf", "grpo", "rloo", "reinforce++")
"""Advantages that give a critic nothing to learn."""

NAMED = ("scheme", "advantage", "loss")
"""Tables that name a function and hold its keyword arguments."""


class ConfigError(ValueError):
    """The configuration cannot be used; one line says what came and what was expected."""


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
    """Type of the arithmetic in the forward pass."""
    lora_rank: Annotated[int, Field(ge=0)] = 0
    """Rank of low-rank adapters, which are learned instead of the weights (arXiv 2106.09685); 0 learns the weights."""
    lora_alpha: Annotated[float, Field(gt=0)] | None = None
    """Scale of their product, times the rank; by default twice the rank."""
    gradient_checkpointing: bool = False
    """Computes the inside of each layer again for the gradient instead of holding it."""
    threads: Positive | None = None
    """Threads of the CPU; by default one below ten million weights, else all cores but one, which scoring needs."""


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
    """What is expected of a rollout before it is over; for the advantage `gae`."""

    weight: Weight = 0.0
    """Scale of the value loss; above 0 a linear value head is learned."""
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
    micro_batch_tokens: Positive = 8192
    """Tokens, prompts and padding included, that go through the model at a time; bounds the memory of a step."""


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


class Config(Section):
    """A run."""

    algorithm: str | None = None
    """A name of `trainer.recipes`: what stands there is the default of the keys below."""
    model: Model = Model()
    tasks: Tasks = Tasks()
    reward: Reward = Reward()
    scheme: Named | tuple[Any, ...] = Named(name="static")
    """How findings and test results become numbers: a name of `rewards.schemes`, and its options; or a list of such,
    `[[scheme]]` with `name`, `weight` and `options`, see `rewards.schemes.composition`."""
    curriculum: Plan = Plan()
    rollout: Rollouts = Rollouts()
    buffer: BufferSettings = BufferSettings()
    advantage: Named = Named(name="grpo")
    """A name of `trainer.advantages`, and its options."""
    loss: Named = Named(name="reinforce")
    """A name of `trainer.losses`, and its options."""
    objective: Objective = Objective()
    critic: Critic = Critic()
    optimizer: Optimizer = Optimizer()
    run: Run = Run()
    evaluation: Evaluation = Evaluation()

    @property
    def scheme_spec(self) -> schemes.Spec:
        """The scheme as `rewards` takes it."""
        return (self.scheme.name, self.scheme.options) if isinstance(self.scheme, Named) else self.scheme

    @field_validator("scheme", mode="before")
    @classmethod
    def _named_or_listed(cls, value: object) -> object:
        if isinstance(value, Named | list | tuple) or (isinstance(value, Mapping) and "name" in value):
            return value
        raise ValueError("a scheme is a table with a name, or a list of such tables")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        from trainer import advantages, losses

        self.buffer.setup()
        schemes.resolve(self.scheme_spec)
        advantages.bind(self.advantage.name, **self.advantage.options)
        losses.bind(self.loss.name, **self.loss.options)
        _compatible(self)
        return self


def _compatible(settings: Config) -> None:
    """Refuses what would be learned from in vain."""
    advantage, objective = settings.advantage, settings.objective
    compares = advantage.name in ("grpo", "rloo") or advantage.options.get("group_baseline", False)
    if settings.rollout.samples == 1 and compares:
        raise ValueError(
            f"advantage {advantage.name!r} compares the samples of a task: rollout.samples must be 2 or more"
        )
    if advantage.name == "gae" and not settings.critic.weight:
        raise ValueError("advantage 'gae' needs a critic: set critic.weight above 0")
    if settings.critic.weight and advantage.name in UNCRITICAL:
        raise ValueError(f"advantage {advantage.name!r} has no use for a critic: set critic.weight to 0, or use 'gae'")
    if objective.kl_weight and objective.kl_place == "loss" and objective.kl_estimator == "k1":
        raise ValueError(
            "the gradient of k1 in the loss is 0 on average: set objective.kl_estimator to k2 or k3, or "
            "objective.kl_place to reward"
        )
    if settings.rollout.replace != "never" and settings.buffer.warmup:
        raise ValueError(
            f"rollout.replace = {settings.rollout.replace!r} may leave a round empty, so a warm-up of "
            f"{settings.buffer.warmup} samples might never end: set buffer.warmup to 0"
        )


def load(path: Path | None = None, *, settings: Sequence[str] = (), flags: Mapping[str, Any] | None = None) -> Config:
    """The configuration that a TOML file, flags (dotted key -> value) and `key=value` settings make, in this order.

    Raises:
        ConfigError: the file cannot be read, or a key or value is wrong; one line, with the closest names.
    """
    layers: list[tuple[str, Mapping[str, Any]]] = [(str(path), _read(path))] if path else []
    layers += [("the command line", _nested(key, value)) for key, value in (flags or {}).items()]
    layers += [("--set", _assignment(setting)) for setting in settings]
    tree: dict[str, Any] = {key: {"name": getattr(Config(), key).name} for key in NAMED}
    named = [layer["algorithm"] for _, layer in layers if isinstance(layer.get("algorithm"), str)]
    if named:
        _merge(tree, _recipe(named[-1]))
    for _, layer in layers:
        _merge(tree, layer)
    if path is None and _lookup(tree, "model.name") not in (None, Model().name):
        tree = _merge(_merge({}, PRETRAINED), tree)
    try:
        return Config.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(_one_line(error, layers)) from error


def restore(text: str) -> Config:
    """The configuration that `Config.model_dump_json` wrote.

    Raises:
        ConfigError: it is something else.
    """
    try:
        return Config.model_validate_json(text)
    except ValidationError as error:
        raise ConfigError(_one_line(error, [])) from error


def _recipe(name: str) -> Mapping[str, Any]:
    if name not in RECIPES:
        raise ConfigError(f"unknown algorithm {name!r}; {did_you_mean(name, RECIPES)}")
    return RECIPES[name].settings


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read the configuration {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error


def _assignment(text: str) -> dict[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or "." not in key:
        raise ConfigError(f"--set takes SECTION.KEY=VALUE, got {text!r}; for example --set rollout.samples=16")
    try:
        parsed: Any = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()  # a word without quotes
    return _nested(key.strip(), parsed)


def _nested(key: str, value: Any) -> dict[str, Any]:
    for part in reversed(key.split(".")):
        value = {part: value}
    return dict(value)


def _merge(tree: dict[str, Any], layer: Mapping[str, Any]) -> dict[str, Any]:
    for key, value in layer.items():
        if isinstance(value, Mapping) and isinstance(tree.get(key), dict):
            if key in NAMED and value.get("name", tree[key].get("name")) != tree[key].get("name"):
                tree[key] = dict(value)  # options belong to the function that they were written for
            else:
                _merge(tree[key], value)
        else:
            tree[key] = _merge({}, value) if isinstance(value, Mapping) else value
    return tree


def _lookup(tree: Mapping[str, Any], key: str) -> Any:
    found: Any = tree
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _one_line(error: ValidationError, layers: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """The first complaint, and how many there are beside it."""
    complaints = {".".join(map(str, complaint["loc"][:2])): complaint for complaint in reversed(error.errors())}
    key, first = list(complaints.items())[-1]
    place = next((f" in {place}" for place, layer in layers if key and _lookup(layer, key) is not None), "")
    more = f" (and {len(complaints) - 1} more)" if len(complaints) > 1 else ""
    return f"{_complaint(first, key, place)}{more}"


def _complaint(complaint: ErrorDetails, key: str, place: str) -> str:
    message = complaint["msg"].removeprefix("Value error, ")
    if complaint["type"] == "extra_forbidden":
        section, _, name = key.rpartition(".")
        fields: Mapping[str, Any] = Config.model_fields
        if section:
            kind = Config.model_fields[section.split(".")[0]].annotation
            fields = kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}
        return f"unknown key {key!r}{place}; {did_you_mean(name, fields)}"
    if not key:
        return message
    return f"{key}{place}: {message[:1].lower()}{message[1:]}, got {complaint['input']!r}"
