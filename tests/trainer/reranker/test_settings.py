from __future__ import annotations

from pathlib import Path

import pytest

from trainer import config
from trainer.layers import ConfigError, restored
from trainer.reranker import settings
from trainer.reranker.settings import Settings
from trainer.sections import Section

CONFIGS = sorted((Path(__file__).parents[3] / "configs" / "reranker").glob("*.toml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_shipped_file_loads(path: Path) -> None:
    assert isinstance(settings.load(path), Settings)


def test_the_embedded_file_is_the_default() -> None:
    assert settings.load(next(path for path in CONFIGS if path.stem == "embedded")) == settings.load()


def test_flags_and_settings_go_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "loop.toml"
    path.write_text('[loop]\niterations = 5\nretrain = "continue"\n[ppo.run]\nsteps = 7\n')
    found = settings.load(path, flags={"ppo.run.steps": 8}, settings=["loop.iterations=3", "fit.epochs=9"])
    assert (found.loop.iterations, found.loop.retrain, found.ppo.run.steps, found.fit.epochs) == (3, "continue", 8, 9)
    assert found.ppo.run.save_every == 10  # of the loop's own defaults
    assert found.ppo.advantage.name == "gae"


def test_what_suits_the_embedded_model_is_for_that_alone() -> None:
    """With another generator, steps are those of `trainer.run` for a pretrained model, and the fit's own."""
    other = settings.load(flags={"generator.model": "smollm2"})
    assert other.ppo.optimizer.learning_rate == config.PRETRAINED["optimizer"]["learning_rate"]
    assert (other.fit.epochs, other.scorer.pooling) == (2, "last")
    assert (other.ppo.model.name, other.scorer_model) == ("smollm2", "smollm2")
    scorer = settings.load(flags={"scorer.model": "smollm2"})
    assert (scorer.fit.epochs, scorer.scorer.pooling, scorer.ppo.optimizer.learning_rate) == (2, "last", 3e-4)


def test_what_is_written_is_read_back() -> None:
    chosen = settings.load(settings=["ppo.run.steps=3", "negatives.choice=none", "fit.pairs.gap=0.5"])
    assert restored(Settings, chosen.model_dump_json()) == chosen


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("negative.quantile=0.5", "unknown key 'negative' in --set; did you mean 'negatives'?"),
        ("fit.epoch=2", "unknown key 'fit.epoch' in --set; did you mean 'epochs'?"),
        ("fit.pairs.gaap=0.5", "unknown key 'fit.pairs.gaap' in --set; did you mean 'gap'?"),
        ("fit.losses.bradley=1", "fit.losses in --set: input should be 'bradley_terry'"),
        ("ppo.rollout.sampels=3", "[ppo] unknown key 'rollout.sampels' in --set; did you mean 'samples'?"),
        ("ppo.algorithm=ppoo", "[ppo] unknown algorithm 'ppoo'; did you mean 'ppo'"),
        ("ppo.run.seed=3", "ppo.run.seed in --set is what the loop decides: leave it out"),
        ("ppo.tasks.train=mbpp", "ppo.tasks in --set is what the loop decides"),
        ("negatives.quantile=1", "negatives.quantile in --set: input should be less than 1, got 1"),
        ("negatives.choice=soft", "negatives.choice in --set: input should be 'hard', 'random' or 'none', got 'soft'"),
    ],
)
def test_bad_input_gets_one_line(setting: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings.load(settings=[setting])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_scorer_that_reads_findings_reads_the_same_everywhere() -> None:
    """With other analyzers in PPO it would be told that there are no findings at all."""
    with pytest.raises(ConfigError, match=r"judge\.analyzers has pyflakes, ppo\.reward\.analyzers has none"):
        settings.load(settings=["scorer.static=true"])
    with pytest.raises(ConfigError, match=r"judge\.analyzers has none"):
        settings.load(settings=["scorer.static=true", "judge.analyzers=[]"])
    assert settings.load(settings=["scorer.static=true", 'ppo.reward.analyzers=["runtime","pyflakes"]']).scorer.static


@pytest.mark.parametrize("section", [each for each in vars(settings).values() if isinstance(each, type)])
def test_every_key_has_a_line(section: type) -> None:
    if section.__module__ == settings.__name__ and issubclass(section, Section) and section is not Settings:
        assert all(field.description for field in section.model_fields.values())
