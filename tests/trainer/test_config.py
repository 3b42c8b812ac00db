from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from trainer import config
from trainer.config import PRETRAINED, Config, ConfigError

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.toml"))


def test_there_are_configurations() -> None:
    assert {path.stem for path in CONFIGS} >= {"demo", "rltf-small", "smollm2-mbpp", "dapo", "ppo", "gspo", "cispo"}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_shipped_file_loads(path: Path) -> None:
    assert isinstance(config.load(path), Config)


def _at(path: str) -> Config:
    return config.load(next(found for found in CONFIGS if found.stem == path))


def test_the_demo_is_the_default() -> None:
    demo = _at("demo")
    assert demo.advantage.options == {"std": True}  # spelt out in the file; the default of the function
    assert demo.model_copy(update={"advantage": config.load().advantage}) == config.load()


def test_the_pretrained_sizes_are_those_of_the_shipped_file() -> None:
    by_hand = config.load(flags={"model.name": "smollm2", "tasks.train": "mbpp"})
    assert by_hand == _at("smollm2-mbpp")
    assert by_hand.rollout.samples == PRETRAINED["rollout"]["samples"]
    assert config.load(flags={"model.name": "tiny"}) == config.load()


def test_flags_beat_the_pretrained_sizes() -> None:
    found = config.load(flags={"model.name": "some/model", "run.steps": 3}, settings=["rollout.samples=2"])
    assert (found.run.steps, found.rollout.samples) == (3, 2)
    assert found.rollout.tasks == PRETRAINED["rollout"]["tasks"]


def test_a_file_keeps_the_plain_defaults(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('[model]\nname = "some/model"\n')
    assert config.load(path).rollout == Config().rollout


def test_the_later_wins(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("[run]\nsteps = 1\nseed = 1\nkeep = 7\n")
    found = config.load(path, flags={"run.steps": 2, "run.seed": 2}, settings=["run.seed=3"])
    assert (found.run.steps, found.run.seed, found.run.keep) == (2, 3, 7)


def test_settings_are_toml_or_words() -> None:
    found = config.load(
        settings=[
            "model.name=tiny",
            'reward.analyzers=["runtime"]',
            "objective.dense_weight=0.5",
            "evaluation.greedy=false",
        ]
    )
    assert found.reward.analyzers == ("runtime",)
    assert (found.objective.dense_weight, found.evaluation.greedy) == (0.5, False)


def test_options_belong_to_the_function_they_were_written_for(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('[advantage]\nname = "grpo"\nstd = false\n')
    assert config.load(path).advantage.options == {"std": False}
    assert config.load(path, flags={"advantage.name": "rltf"}).advantage.options == {}
    found = config.load(path, flags={"advantage.name": "rltf"}, settings=["advantage.first=-0.5"])
    assert (found.advantage.name, found.advantage.options) == ("rltf", {"first": -0.5})


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("rollout.sample=3", "unknown key 'rollout.sample' in --set; did you mean 'samples'?"),
        ("rolout.samples=3", "unknown key 'rolout' in --set; did you mean 'rollout'?"),
        ("rollout.samples=x", "rollout.samples in --set: input should be a valid integer"),
        ("rollout.samples=0", "rollout.samples in --set: input should be greater than or equal to 1, got 0"),
        ("rollout.samples=1", "advantage 'grpo' compares the samples of a task"),
        ("advantage.name=gpro", "unknown advantage 'gpro'; did you mean 'grpo'?"),
        ("advantage.sdt=true", "advantage 'grpo' has no option 'sdt'; did you mean 'std'?"),
        ("loss.name=cliped", "unknown loss 'cliped'; did you mean 'clipped'?"),
        ("loss.average=token", "unknown average 'token' of loss 'reinforce'"),
        ("advantage.name=gae", "advantage 'gae' needs a critic: set critic.weight above 0"),
        ("critic.weight=0.5", "advantage 'grpo' has no use for a critic: set critic.weight to 0, or use 'gae'"),
        ("advantage.name=greedy", "advantage 'greedy' compares with the greedy answer: set rollout.greedy to true"),
        ("objective.kl_target=1.0", "objective.kl_target steers the KL penalty in the reward"),
        ("rollout.replace=always", "rollout.replace in --set: input should be 'never', 'alike' or 'silent'"),
        ("rollout.overlong_share=0", "rollout.overlong_share in --set: input should be greater than 0, got 0"),
        ("scheme.name=statik", "unknown scheme 'statik'; did you mean 'static'?"),
        ("scheme.cap=-0.1", "scheme 'static': cap must be from 0 up and below 0.3, the gap between outcomes"),
        ("scheme.cap=nan", "option 'cap' of scheme 'static' must be a finite number, got nan"),
        (
            "scheme.weights={high = inf}",
            "scheme 'static': the weight of severity 'high' must be a number from 0 up, got inf",
        ),
        ("buffer.refresh=3", "rollouts are refreshed every 3 steps"),
        ("buffer.refresh=never", 'with buffer.refresh = "never" samples get ever older: set buffer.staleness'),
        ("buffer.staleness=soon", "buffer.staleness in --set: input should be a valid integer"),
        ("rollout=3", "--set takes SECTION.KEY=VALUE, got 'rollout=3'"),
        ("rollout.samples", "--set takes SECTION.KEY=VALUE, got 'rollout.samples'"),
    ],
)
def test_bad_input_gets_one_line(setting: str, message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        config.load(settings=[setting])
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            ["objective.kl_weight=0.1", "objective.kl_estimator=k1"],
            "the gradient of k1 in the loss is 0 on average: set objective.kl_estimator to k2 or k3",
        ),
        (["rollout.replace=silent", "buffer.warmup=9"], "rollout.replace = 'silent' may leave a round empty"),
        (
            ["advantage.name=reinforce++", "advantage.group_baseline=true", "rollout.samples=1"],
            "advantage 'reinforce++' compares the samples of a task",
        ),
    ],
)
def test_what_does_not_fit_together_gets_one_line(settings: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        config.load(settings=settings)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


def test_a_list_of_schemes_is_their_composition(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        '[[scheme]]\nname = "static"\n[[scheme]]\nname = "codequal"\nweight = 0.5\noptions = {noise = true}\n'
    )
    found = config.load(path)
    assert found.scheme_spec == (
        {"name": "static"},
        {"name": "codequal", "weight": 0.5, "options": {"noise": True}},
    )
    assert config.restore(found.model_dump_json()) == found
    # A flag names another scheme in the place of the list.
    assert config.load(path, flags={"scheme.name": "rltf"}).scheme_spec == ("rltf", {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[[scheme]]\nname = "static"\nweight = nan\n',
            "the weight of scheme 'static' must be a finite number from 0 up, got nan",
        ),
        (
            '[[scheme]]\nname = "static"\nwieght = 1\n',
            "entry 1 of the composition has the unknown key 'wieght'; did you mean 'weight'",
        ),
        (
            '[[scheme]]\nname = "static"\noptions.cap = 0.2\n[[scheme]]\nname = "codequal"\noptions.cap = 0.2\n',
            "the caps of the composition come to 0.4",
        ),
        ("scheme = 3\n", "scheme in {path}: a scheme is a table with a name, or a list of such tables, got 3"),
        ("scheme = []\n", "a scheme is a name, a name with options, or a list"),
    ],
)
def test_a_list_that_is_no_composition_gets_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        config.load(path)
    assert str(raised.value).startswith(message.format(path=path))
    assert "\n" not in str(raised.value)


def test_files_are_named_in_complaints(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    with pytest.raises(ConfigError, match=r"cannot read the configuration .*own\.toml: No such file"):
        config.load(path)
    path.write_text("[run]\nstep = 3\n")
    with pytest.raises(ConfigError, match=r"unknown key 'run\.step' in .*own\.toml; did you mean 'steps'"):
        config.load(path)
    path.write_text("[run\n")
    with pytest.raises(ConfigError, match=r"own\.toml is not TOML"):
        config.load(path)


def test_a_configuration_survives_json() -> None:
    found = _at("rltf-small")
    assert config.restore(found.model_dump_json()) == found
    with pytest.raises(ConfigError):
        config.restore('{"run": {"step": 3}}')


def test_rltf_can_be_written_down() -> None:
    found = config.load(
        settings=[
            "buffer.capacity=6400",
            "buffer.warmup=6400",
            "buffer.refresh=50",
            'buffer.staleness="unlimited"',
            "buffer.batch=32",
        ]
    )
    setup = found.buffer.setup()
    assert (setup.capacity, setup.warmup, setup.refresh, setup.limit) == (6400, 6400, 50, None)


def _sections(kind: type[BaseModel]) -> list[tuple[str, Any]]:
    return [(f"{kind.__name__}.{name}", field) for name, field in kind.model_fields.items()]


def test_every_key_is_documented() -> None:
    sections = [field.annotation for field in Config.model_fields.values()]
    fields = [entry for kind in sections if isinstance(kind, type) for entry in _sections(kind)]
    assert len(fields) > 30
    assert [name for name, field in fields if not field.description] == []


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_shipped_files_say_nothing_twice(path: Path) -> None:
    """What a file sets and the validated configuration agree: no key is silently dropped."""
    tree = tomllib.loads(path.read_text())
    found = config.load(path).model_dump(mode="json")
    assert found["algorithm"] == tree.pop("algorithm", None)
    for section, values in tree.items():
        for key, value in values.items():
            assert found[section][key] == value
