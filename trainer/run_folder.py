"""What a run folder holds, read back however far the run has come."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from rewards.registry import did_you_mean
from trainer.evaluation import Evaluation
from trainer.layers import ConfigError
from trainer.log import METRICS, SAMPLES, read

CONFIG = "config.json"
EVALUATIONS = "evaluations.json"


@dataclass(frozen=True, slots=True)
class Run:
    """What a run folder holds; whatever is not there yet is empty."""

    name: str
    config: Mapping[str, Any]
    metrics: Sequence[Mapping[str, Any]]
    evaluations: Mapping[str, Evaluation]
    samples: Sequence[Mapping[str, Any]]

    @classmethod
    def read(cls, folder: str | Path) -> Run:
        """The run in `folder`; files that are missing, torn or of another form count as not there yet.

        Raises:
            FileNotFoundError: there is no such folder.
        """
        place = Path(folder)
        if not place.is_dir():
            raise FileNotFoundError(f"no run folder {str(place)!r}; runs lie in runs/NAME unless told otherwise")
        return cls(
            name=place.resolve().name,
            config=_mapping(place / CONFIG),
            metrics=list(read(place / METRICS)),
            evaluations=evaluations(place),
            samples=list(read(place / SAMPLES)),
        )


def _mapping(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def evaluations(folder: Path) -> dict[str, Evaluation]:
    """The evaluations of a run by their names; what cannot be read counts as not there yet."""
    found = {}
    for name, value in _mapping(folder / EVALUATIONS).items():
        try:
            found[name] = Evaluation.from_json(value)
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
    return found


def fresh(out: Path, name: str) -> Path:
    """A folder that was not there: the name, with a number where that is taken."""
    for number in count(1):
        folder = out / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise AssertionError("count() does not end")


def begun(name: str | None, *, out: Path, config: str = CONFIG) -> Path:
    """The folder of a run to go on with, which holds a file `config`; without a name the one touched last.

    Raises:
        ConfigError: there is no such run.
    """
    runs = sorted(out.glob(f"*/{config}"), key=lambda path: path.stat().st_mtime)
    if not runs:
        raise ConfigError(f"there is no run to resume in {out}/; --out says where runs are")
    names = [path.parent.name for path in runs]
    if name is not None and name not in names:
        raise ConfigError(f"there is no run {name!r} in {out}/; {did_you_mean(name, names)}")
    return out / (name or names[-1])
