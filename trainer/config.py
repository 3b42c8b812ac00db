"""The configuration of a run: typed, documented under each field, unknown keys refused with a suggestion.

    [rollout]
    samples = 16

Tables of a TOML file, the flags of `trainer.run` and `--set rollout.samples=16` say the same thing; the later wins.
The defaults are the embedded demo. With any other model and no file, the values of `PRETRAINED` take their place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import field_validator, model_validator

from rewards import schemes
from rewards.registry import did_you_mean
from trainer.curriculum import Plan
from trainer.generation.schedule import check_generator
from trainer.generation.sections import Generation, Server
from trainer.layers import ConfigError, Layer, gathered, lookup, merge, restored, validated
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

__all__ = ["PRETRAINED", "Config", "ConfigError", "assembled", "load", "restore"]

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
    layers = gathered(path, settings=settings, flags=flags or {})
    return assembled(layers, pretrained=path is None)


def assembled(layers: Sequence[Layer], *, pretrained: bool = True) -> Config:
    """The configuration that layers make, on those of the algorithm that they name; `pretrained` puts the sizes of
    `PRETRAINED` below them where they name another model than the embedded one.

    Raises:
        ConfigError: a key or value is wrong; one line, with the closest names.
    """
    tree: dict[str, Any] = {key: {"name": getattr(Config(), key).name} for key in NAMED}
    algorithms = [layer["algorithm"] for _, layer in layers if isinstance(layer.get("algorithm"), str)]
    if algorithms:
        merge(tree, _recipe(algorithms[-1]), named=NAMED)
    for _, layer in layers:
        merge(tree, layer, named=NAMED)
    if pretrained and lookup(tree, "model.name") not in (None, Model().name):
        tree = merge(merge({}, PRETRAINED), tree, named=NAMED)
    return validated(Config, tree, layers)


def restore(text: str) -> Config:
    """The configuration that `Config.model_dump_json` wrote.

    Raises:
        ConfigError: it is something else.
    """
    return restored(Config, text)


def _recipe(name: str) -> Mapping[str, Any]:
    if name not in RECIPES:
        raise ConfigError(f"unknown algorithm {name!r}; {did_you_mean(name, RECIPES)}")
    return RECIPES[name].settings
