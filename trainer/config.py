"""The configuration of a run: typed, documented under each field, unknown keys refused with a suggestion.

    [rollout]
    samples = 16

Tables of a TOML file, the flags of `trainer.run` and `--set rollout.samples=16` say the same thing; the later wins.
The defaults are the embedded demo. With any other model and no file, the values of `PRETRAINED` take their place.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from rewards import schemes
from rewards.registry import did_you_mean
from trainer.curriculum import Plan
from trainer.generation.schedule import check_generator
from trainer.generation.sections import Generation, Server
from trainer.recipes import RECIPES
from trainer.sections import (
    BufferSettings,
    Critic,
    Evaluation,
    Model,
    Named,
    Objective,
    Optimizer,
    Reward,
    Rollouts,
    Run,
    Section,
    Tasks,
)

PRETRAINED: Mapping[str, Mapping[str, Any]] = {
    "rollout": {"tasks": 4, "samples": 4, "max_new_tokens": 128, "temperature": 0.8},
    "optimizer": {"learning_rate": 1e-5, "micro_batch_tokens": 1024},
    "run": {"steps": 100, "save_every": 10},
    "evaluation": {"tasks": 8, "samples": 1, "temperature": 0.8},
}
"""What a pretrained model starts from: sizes that a model of some 100 million weights manages on two CPU cores."""
UNCRITICAL = ("reinforce", "rltf", "greedy", "grpo", "rloo", "reinforce++")
"""Advantages that give a critic of rewards nothing to learn."""
NAMED = ("scheme", "advantage", "loss")
"""Tables that name a function and hold its keyword arguments."""


class ConfigError(ValueError):
    """The configuration cannot be used; one line says what came and what was expected."""


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
    generation: Generation = Generation()
    server: Server = Server()

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
        check_generator(self)
        return self


def _compatible(settings: Config) -> None:
    """Refuses what would be learned from in vain."""
    advantage, objective = settings.advantage, settings.objective
    compares = advantage.name in ("grpo", "rloo") or advantage.options.get("group_baseline", False)
    if settings.rollout.samples == 1 and compares:
        raise ValueError(
            f"advantage {advantage.name!r} compares the samples of a task: rollout.samples must be 2 or more"
        )
    if advantage.name == "greedy" and not settings.rollout.greedy:
        raise ValueError("advantage 'greedy' compares with the greedy answer: set rollout.greedy to true")
    _critic_of_use(settings)
    if objective.kl_target and not (objective.kl_weight and objective.kl_place == "reward"):
        raise ValueError(
            "objective.kl_target steers the KL penalty in the reward: set objective.kl_weight above 0 and "
            "objective.kl_place to reward"
        )
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


def _critic_of_use(settings: Config) -> None:
    """Refuses a critic that nobody asks, and an advantage that asks one that is not there."""
    name, critic = settings.advantage.name, settings.critic
    if name == "gae" and not critic.weight:
        raise ValueError("advantage 'gae' needs a critic: set critic.weight above 0")
    if name == "gae" and critic.predicts != "reward":
        raise ValueError("advantage 'gae' needs a critic of rewards: set critic.predicts to reward")
    if critic.weight and critic.predicts == "reward" and name in UNCRITICAL:
        raise ValueError(f"advantage {name!r} has no use for a critic: set critic.weight to 0, or use 'gae'")


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
