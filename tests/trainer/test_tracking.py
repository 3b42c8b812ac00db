from __future__ import annotations

from pathlib import Path
from typing import Any

import accelerate.tracking
import numpy as np
import pytest

from trainer import build, config
from trainer.tracking import Trackers, check


class Service:
    """A tracker as accelerate has them."""

    requires_logging_directory = True
    calls: list[Any]

    def __init__(self, *arguments: str) -> None:
        self.calls.append(("made", *arguments))

    def start(self) -> None:
        self.calls.append("started")

    def store_init_configuration(self, values: dict[str, Any]) -> None:
        self.calls.append(values)

    def log(self, values: dict[str, Any], step: int) -> None:
        self.calls.append((step, values))

    def finish(self) -> None:
        self.calls.append("finished")
        raise RuntimeError("no network")


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> type[Service]:
    Service.calls = []
    monkeypatch.setitem(accelerate.tracking.LOGGER_TYPE_TO_CLASS, "wandb", Service)
    monkeypatch.setattr(accelerate.tracking, "get_available_trackers", lambda: ["wandb"])
    return Service


def test_a_service_is_told_settings_and_numbers(service: type[Service], tmp_path: Path) -> None:
    settings = {"run": {"steps": 3, "trackers": ["wandb"]}, "algorithm": None}
    with Trackers(["wandb"], folder=tmp_path, settings=settings) as trackers:
        trackers.metrics(7, {"loss": np.float32(0.5), "outcome": {"pass": 1.0}, "note": "words", "nan": float("nan")})
    assert service.calls == [
        ("made", "spanwise", str(tmp_path)),
        "started",
        {"run/steps": 3, "run/trackers": "['wandb']", "algorithm": None},
        (7, {"loss": 0.5, "outcome/pass": 1.0}),
        "finished",
    ]


def test_a_service_without_a_folder_is_given_none(
    service: type[Service], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Service, "requires_logging_directory", False)
    with Trackers(["wandb"], folder=tmp_path, settings={}):
        assert service.calls[0] == ("made", "spanwise")


@pytest.mark.parametrize(
    ("name", "said"),
    [("wand", "did you mean 'wandb'"), ("tensorboard", "every run writes"), ("comet_ml", "pip install comet-ml")],
)
def test_what_cannot_be_used_is_said_before_a_run_begins(service: type[Service], name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check([name])
    with pytest.raises(ValueError, match=said):
        Trackers([name], folder=Path("unused"), settings={})
    with pytest.raises(ValueError, match=said):
        build.prepare(config.load(settings=[f'run.trackers=["{name}"]']))
    assert service.calls == []
