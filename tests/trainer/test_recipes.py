"""Every algorithm by name: what it is made of, and that it learns from the outcome and from charges alike."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from analyzers.runtime.tests import Asserts
from rewards.types import Outcome, Score, Source
from trainer import advantages, config, losses, run
from trainer.config import Config, ConfigError
from trainer.experience import experiences
from trainer.loop import _objective, _shaping
from trainer.policy import Logprobs
from trainer.recipes import RECIPES, described
from trainer.rollout import Round, improve
from trainer.step import Learner
from trainer.types import Rollout, Scored, Task

GROUP = 12
TASK = Task("bandit", "", Asserts(("assert True",)))


class Table(torch.nn.Module):
    """Two tokens out of three, drawn independently: logits [2, 3]."""

    def __init__(self) -> None:
        super().__init__()
        self.logits = torch.nn.Parameter(torch.zeros(2, 3))
        self.config = type("Sizes", (), {"hidden_size": 4})
        self.device = torch.device("cpu")

    def forward(self) -> torch.Tensor:
        """Log-probs [2, 3]."""
        return torch.log_softmax(self.logits, -1)


class TablePolicy:
    """As much of `trainer.policy.Policy` as a learner needs."""

    shares_prompts = False

    def __init__(self) -> None:
        self.model = Table()

    def greedy(self) -> Rollout:
        with torch.no_grad():
            logprobs, ids = self.model().max(-1)
        return Rollout("bandit", np.array([0]), ids.numpy(), logprobs.numpy(), "", False)

    def sample(self, count: int, generator: torch.Generator) -> list[Rollout]:
        with torch.no_grad():
            table = self.model()
        tokens = torch.stack([torch.multinomial(row.exp(), count, True, generator=generator) for row in table], 1)
        return [Rollout("bandit", np.array([0]), ids, table[[0, 1], ids].numpy(), "", False) for ids in tokens.numpy()]

    def logprobs(self, rollouts: Sequence[Rollout], *, hidden: bool = False, **unused: Any) -> Logprobs:
        ids = torch.from_numpy(np.stack([rollout.completion_ids for rollout in rollouts]))
        values = self.model()[torch.arange(2), ids]
        # What is known before each token: nothing, then which token came first.
        first = 1 + ids[:, 0]
        states = torch.stack([torch.zeros_like(first), first, first], 1)
        known = torch.nn.functional.one_hot(states, 4).float() if hidden else None
        mask = torch.ones_like(ids, dtype=torch.bool)
        if known is None:
            return Logprobs(values, mask)
        return Logprobs(values, mask, hidden=known[:, :-1], after=known[:, 1:])


def _judge(rollout: Rollout, luck: float, *, sign: float) -> Scored:
    """Pays for a 0 as the first token, whatever the second; charges a 1 as the second token, whatever the first.

    A little luck keeps outcomes apart when the paying token has won.
    """
    first, second = rollout.completion_ids.tolist()
    base = sign * (1.0 if first == 0 else -0.3) + luck
    dense = np.array([0.0, -sign if second == 1 else 0.0])
    outcome = Outcome.PASS if first == 0 else Outcome.FAILURE
    return Scored(rollout, Score(base, base, outcome, Source(""), ""), dense)


def _settings(name: str) -> Config:
    return config.load(
        flags={"algorithm": name},
        settings=[
            "rollout.max_new_tokens=10",
            "objective.dense_weight=0.5",
            "optimizer.learning_rate=0.1",
            "optimizer.schedule=constant",
            "critic.learning_rate=0.1",
        ],
    )


def _learn(settings: Config, *, sign: float, rounds: int = 40) -> tuple[float, float]:
    """Probability of the paying first token and of the charged second one, after so many rounds."""
    policy: Any = TablePolicy()
    learner = Learner(
        policy,
        objective=_objective(settings),
        settings=settings.optimizer,
        steps=1000,
        reference=copy.deepcopy(policy),
    )
    advantage = advantages.bind(settings.advantage.name, **settings.advantage.options)
    generator, random, best = torch.Generator().manual_seed(0), np.random.default_rng(0), dict[str, float]()
    for _ in range(rounds):
        rollouts = policy.sample(2 * GROUP, generator)
        scored = [
            _judge(rollout, luck, sign=sign)
            for rollout, luck in zip(rollouts, random.uniform(-0.3, 0.3, len(rollouts)), strict=True)
        ]
        greedy = (_judge(policy.greedy(), 0.0, sign=sign),) * 2 if settings.rollout.greedy else ()
        drawn = Round((TASK, TASK), (tuple(scored[:GROUP]), tuple(scored[GROUP:])), greedy=greedy)
        beliefs = learner.believe(rollouts)
        told = experiences(
            drawn,
            advantage=advantage,
            best=best,
            shaping=_shaping(settings, settings.objective.kl_weight),
            beliefs=beliefs,
        )
        improve(best, drawn)
        for _ in range(settings.buffer.refresh):
            learner.step([sample for group in told for sample in group])
    with torch.no_grad():
        table = policy.model().exp()
    return float(table[0, 0]), float(table[1, 1])


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_a_bandit_learns_what_pays_and_sheds_what_is_charged(name: str) -> None:
    """Both start at a third. With every reward turned, the paying token dies out and the charged one takes over."""
    settings = _settings(name)
    paying, charged = _learn(settings, sign=1.0)
    assert paying > 0.75
    assert charged < 0.12
    paying, charged = _learn(settings, sign=-1.0)
    assert paying < 0.12
    assert charged > 0.6


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_the_published_algorithm_learns_without_charges(name: str) -> None:
    settings = _settings(name)
    plain = settings.model_copy(update={"objective": settings.objective.model_copy(update={"dense_weight": 0.0})})
    assert _learn(plain, sign=1.0)[0] > 0.75
    assert _learn(plain, sign=-1.0)[0] < 0.12


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_a_recipe_is_a_configuration(name: str) -> None:
    found = config.load(flags={"algorithm": name})
    assert found.algorithm == name
    for section, values in RECIPES[name].settings.items():
        dumped = found.model_dump(mode="json")[section]
        assert {key: dumped[key] for key in values} == values
    assert config.restore(found.model_dump_json()) == found


def test_what_is_asked_for_beats_the_recipe(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('algorithm = "dapo"\n[loss]\nclip_high = 0.3\n[rollout]\nreplace = "alike"\n')
    found = config.load(path, flags={"advantage.name": "rloo"})
    assert found.loss.options == {"clip_low": 0.2, "clip_high": 0.3, "average": "tokens"}
    assert (found.rollout.replace, found.rollout.overlong) == ("alike", "punish")
    assert (found.advantage.name, found.advantage.options) == ("rloo", {})
    # A flag names another algorithm: nothing of the first one stays but what the file spells out.
    other = config.load(path, flags={"algorithm": "cispo"})
    assert (other.loss.name, other.loss.options["clip_high"], other.rollout.overlong) == ("cispo", 0.3, "keep")


def test_every_recipe_is_written_down_as_it_is() -> None:
    """A section each, whose table is the recipe's, with the paper."""
    text = (Path(__file__).parents[2] / "docs" / "algorithms.md").read_text()
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^##? |\Z)", text, re.M | re.S))
    for name, recipe in RECIPES.items():
        (table,) = re.findall(r"```toml\n(.*?)```", sections[name], re.S)
        assert tomllib.loads(table) == recipe.settings, name
        numbers = re.findall(r"\d{4}\.\d{5}", recipe.source)
        assert all(number in text for number in numbers), name


def test_recipes_are_described() -> None:
    paragraphs = described().split("\n\n")
    assert [paragraph.partition(":")[0] for paragraph in paragraphs] == list(RECIPES)
    assert all(len(paragraph.splitlines()) == 3 for paragraph in paragraphs)


def test_the_help_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        run.main(["--help"])
    assert raised.value.code == 0
    shown = set(re.findall(r"[a-z_]+(?:\+\+)?(?:-baseline)?", capsys.readouterr().out))
    assert shown >= {*RECIPES, *advantages.ADVANTAGES.names(), *losses.LOSSES.names()}


def test_an_unknown_algorithm_gets_one_line() -> None:
    with pytest.raises(ConfigError, match="unknown algorithm 'dappo'; did you mean 'dapo'"):
        config.load(flags={"algorithm": "dappo"})


def test_the_table_of_dapo() -> None:
    """Spelt out once, so that a slip in a recipe shows."""
    found = config.load(flags={"algorithm": "dapo"})
    assert (found.advantage.name, found.advantage.options) == ("grpo", {"std": True})
    assert (found.loss.name, found.loss.options) == (
        "clipped",
        {"clip_low": 0.2, "clip_high": 0.28, "average": "tokens"},
    )
    assert (found.rollout.replace, found.rollout.overlong, found.rollout.overlong_share) == ("silent", "punish", 0.2)
    assert found.objective.kl_weight == 0
