"""The configuration of a loop: typed, documented under each field, unknown keys refused with a suggestion.

    [loop]
    iterations = 3
    [ppo.run]
    steps = 100

The paper (arXiv 2504.09643) states none of these values; the defaults are this project's, and suit the embedded model.
`[ppo]` is a configuration of `trainer.run`, without what the loop decides itself (`DECIDED`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from analyzers.runtime import NAME as RUNTIME
from trainer import config
from trainer.config import Config, ConfigError
from trainer.layers import Layer, gathered, lookup, merge, nested, validated
from trainer.reranker.fitting import Fitting
from trainer.reranker.heads import Pooling
from trainer.sections import Positive, Section, Share
from trainer.types import Sampling

PPO: Mapping[str, Any] = {
    "algorithm": "ppo",
    "reward": {"analyzers": ["runtime"]},
    "run": {"steps": 40, "save_every": 10, "log_samples": 2},
    "evaluation": {"tasks": 40, "samples": 2, "greedy": False},
}
"""What `[ppo]` begins from. `runtime` among its analyzers counts for nothing; it shows, beside the ratings, how many
programs pass."""
EMBEDDED: Mapping[str, Any] = {
    "scorer": {"pooling": "mean"},
    "fit": {"epochs": 4, "optimizer": {"learning_rate": 1e-3}},
    "ppo": {"optimizer": {"learning_rate": 3e-4}},
}
"""What suits the embedded model, with its 0.7 million weights; others begin with smaller steps."""
DECIDED = ("model.name", "tasks", "reward.model", "run.name", "run.out", "run.seed")
"""Keys of `[ppo]` that the loop decides."""


class Generator(Section):
    """Who writes the candidates (stage A)."""

    model: str = "tiny"
    """"tiny" (embedded), "smollm2", a folder, or a name on the Hugging Face hub."""
    supervised_steps: Annotated[int, Field(ge=0)] = 0
    """Optimiser steps on the reference completions of the training tasks; 0 takes the model as it is, which "tiny", an
    instruct model or one that was fine-tuned before is ready for."""
    batch: Positive = 32
    """References of such a step."""
    learning_rate: Annotated[float, Field(gt=0)] = 5e-4
    """Peak learning rate of such a step."""
    device: Literal["auto", "cpu"] = "auto"
    """"auto" takes a CUDA GPU where there is one, for all stages."""


class Problems(Section):
    """What is to be programmed."""

    train: str = "builtin"
    """Task set that the scorer and the policies learn from, as NAME:PATH; its split "train"."""
    test: str | None = None
    """Task set on which scorers are measured; by default the same one. Its split "test"."""
    limit: Positive | None = 150
    """Training tasks, the first ones."""
    held_out: Positive = 120
    """Tasks on which scorers are measured, the first ones of the test set."""


class Candidates(Section):
    """How candidates are drawn, from the generator (stage B) and from policies (stage D)."""

    samples: Positive = 8
    """Candidates of a training task, in each iteration."""
    held_out: Positive = 8
    """Candidates of a held-out task, from the generator; drawn once."""
    temperature: Annotated[float, Field(gt=0)] = 1.0
    """Divides the logits."""
    top_p: Share = 1.0
    """Nucleus."""
    max_new_tokens: Positive = 96
    """Longest completion."""


class Judge(Section):
    """Who labels candidates."""

    analyzers: tuple[str, ...] = ("pyflakes",)
    """Analyzers beside the tests, which are always run; what they charge is known of each candidate."""
    workers: Positive | None = None
    """Processes that run tests and analyse; by default chosen from the number of cores."""
    timeout_s: Annotated[float, Field(gt=0)] = 4.0
    """Wall-clock seconds for each test of a program."""
    isolation: Literal["strict", "standard", "weak", "none"] = "standard"
    """The weakest tier at which programs may run."""


class Scorer(Section):
    """What a scorer is made of (stage B)."""

    model: str | None = None
    """Any decoder or encoder, or an encoder-decoder, whose encoder reads; by default the generator's model."""
    pooling: Pooling = "last"
    """What a score is made of: the state after the last token of a candidate ("last"), or the mean of all ("mean")."""
    static: bool = False
    """Whether the scorer is told what analyzers find without any test; `judge` and `ppo.reward` have to name the same
    ones."""
    layers: Positive | None = None
    """Only the first layers of its model: a scorer is smaller and faster with fewer. By default all."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Type of the weights of its model."""
    kept_aside: Annotated[int, Field(ge=2)] = 10
    """One training task in so many is not learned from: on those its scores are made probabilities, for the rewards."""


class Negatives(Section):
    """What of a policy's programs a scorer is shown next (stage E)."""

    choice: Literal["hard", "random", "none"] = "hard"
    """Failing programs that are added: "hard" takes those that the scorer rates highest, "random" as many blindly,
    "none" adds positives alone."""
    quantile: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """A hard negative is rated above this quantile of all programs that the policy wrote for its task, so that what a
    scorer already puts last adds nothing."""
    most: Positive = 4
    """Failing programs of a task that are added in an iteration, the highest-rated ones."""
    most_positives: Annotated[int, Field(ge=0)] = 4
    """Passing programs of a task that are added in an iteration, the first ones."""


class Iterations(Section):
    """How often scorer and policy take turns."""

    iterations: Annotated[int, Field(ge=0)] = 2
    """Turns: a policy against the scorer, its programs labelled, the next scorer. 0 trains a scorer once."""
    retrain: Literal["scratch", "continue"] = "scratch"
    """Whether a scorer begins from its model, or from the scorer before it."""


class Run(Section):
    """What is kept, and where."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Everything random follows from it."""
    name: str | None = None
    """Folder of the run; by default reranker-TASKS. A number is added where the folder exists."""
    out: Path = Path("runs")
    """Folder of the folders of runs."""
    report: bool = True
    """Write report.html at the end."""


class Settings(Section):
    """A loop."""

    generator: Generator = Generator()
    problems: Problems = Problems()
    candidates: Candidates = Candidates()
    judge: Judge = Judge()
    scorer: Scorer = Scorer()
    fit: Fitting = Fitting()
    """How scorers are trained, see `trainer.reranker.fitting`."""
    ppo: Config = Config()
    """How policies are trained against them (stage C): a configuration of `trainer.run`."""
    negatives: Negatives = Negatives()
    loop: Iterations = Iterations()
    run: Run = Run()

    @model_validator(mode="after")
    def _finds_the_same(self) -> Self:
        labelling, rewarding = set(self.judge.analyzers) - {RUNTIME}, set(self.ppo.reward.analyzers) - {RUNTIME}
        if self.scorer.static and (not labelling or labelling != rewarding):
            raise ValueError(
                "scorer.static needs the same analyzers wherever programs are rated: judge.analyzers has "
                f"{', '.join(sorted(labelling)) or 'none'}, ppo.reward.analyzers has "
                f"{', '.join(sorted(rewarding)) or 'none'} beside {RUNTIME}"
            )
        return self

    @property
    def scorer_model(self) -> str:
        """What scorers begin from."""
        return self.scorer.model or self.generator.model

    @property
    def sampling(self) -> Sampling:
        """How candidates are drawn."""
        chosen = self.candidates
        return Sampling(chosen.temperature, chosen.top_p, chosen.max_new_tokens)


def load(path: Path | None = None, *, settings: Sequence[str] = (), flags: Mapping[str, Any] | None = None) -> Settings:
    """The configuration that a TOML file, flags (dotted key -> value) and `key=value` settings make, in this order.

    Raises:
        ConfigError: the file cannot be read, or a key or value is wrong; one line, with the closest names.
    """
    layers = gathered(path, settings=settings, flags=flags or {})
    given: dict[str, Any] = {}
    for _, layer in layers:
        merge(given, layer)
    embedded = lookup(given, "generator.model") in (None, Generator().model)
    below: list[Layer] = [("the defaults", {"ppo": PPO}), *([("the defaults", EMBEDDED)] if embedded else [])]
    tree: dict[str, Any] = {}
    for _, layer in [*below, *layers]:
        merge(tree, layer)
    if embedded and lookup(tree, "scorer.model") not in (None, Generator().model):
        tree |= {"fit": given.get("fit", {}), "scorer": given["scorer"]}
    tree["ppo"] = _ppo([*below, *layers], tree)
    return validated(Settings, tree, layers)


def _ppo(layers: Sequence[Layer], tree: Mapping[str, Any]) -> Config:
    """The configuration of the policies, as far as it is known before there is a scorer.

    Raises:
        ConfigError: a key or value of it is wrong, or decided by the loop.
    """
    for place, layer in layers:
        if (decided := next((key for key in DECIDED if lookup(layer, f"ppo.{key}") is not None), None)) is not None:
            raise ConfigError(f"ppo.{decided} in {place} is what the loop decides: leave it out")
    model = lookup(tree, "generator.model") or Generator().model
    parts = [(place, layer["ppo"]) for place, layer in layers if isinstance(layer.get("ppo"), Mapping)]
    try:
        return config.assembled([*parts, ("the generator", nested("model.name", model))])
    except ConfigError as error:
        raise ConfigError(f"[ppo] {error}") from error
