"""The settings of `rewards.score_batch`, checked before anything is scored."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import rewards
from analyzers import registry
from analyzers.runtime import Limits
from rewards import schemes
from rewards.registry import did_you_mean
from rewards.scorer import ANALYZERS, RUNTIME, SCHEME


def checked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, by name.

    Raises:
        ValueError: an unknown setting, analyzer, scheme or option, with the closest names.
    """
    known = [name for name in inspect.signature(rewards.score_batch).parameters if name != "items"]
    for name in settings:
        if name not in known:
            raise ValueError(f"unknown setting {name!r}; {did_you_mean(name, known)}")
    registry.check(settings.get("analyzers", ANALYZERS))
    schemes.resolve(settings.get("scheme", SCHEME))
    return dict(settings)


def runs_tests(settings: Mapping[str, Any]) -> bool:
    """Whether programs are run, so that tests are needed."""
    return RUNTIME in settings.get("analyzers", ANALYZERS)


def plain(value: Any) -> Any:
    """Mappings as dictionaries, and sequences and arrays as lists, all the way down.

    For configurations (OmegaConf) and rows of tables (NumPy), whose containers only look like those of Python.
    """
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [plain(part) for part in value]
    return value


def configured(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as a configuration file can write them, where `limits` is a mapping.

    Raises:
        ValueError: as `checked`, and for an unknown limit.
    """
    settings = dict(config)
    if isinstance(settings.get("limits"), Mapping):
        known = [field.name for field in fields(Limits)]
        for name in settings["limits"]:
            if name not in known:
                raise ValueError(f"unknown limit {name!r}; {did_you_mean(name, known)}")
        settings["limits"] = Limits(**settings["limits"])
    return checked(settings)


def weight_of_charges(given: Any, name: str = "dense_weight") -> float:
    """The weight of the dense term.

    Raises:
        ValueError: it is no finite number from 0 up.
    """
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 <= given < math.inf:
        raise ValueError(f"{name} must be a number from 0 up, got {given!r}")
    return float(given)


def refuse_groups(settings: Mapping[str, Any], trainer: str) -> None:
    """Refuses schemes that compare the completions of a task, for a `trainer` that hands on one at a time.

    Raises:
        ValueError: with the name of the scheme.
    """
    scheme = settings.get("scheme", SCHEME)
    if schemes.Need.GROUP in schemes.needs(schemes.resolve(scheme)):
        raise ValueError(
            f"scheme {scheme!r} compares the completions of a task, and {trainer} has them scored one by one:"
            " choose a scheme that judges each by itself"
        )
