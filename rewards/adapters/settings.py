"""The settings of `rewards.score_batch`, checked before anything is scored."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import rewards
from analyzers import registry
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
