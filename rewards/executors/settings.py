"""What an executor is given: the settings of a scorer, as they are sent to whoever scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rewards.scorer import ANALYZERS, ISOLATION, SCHEME

if TYPE_CHECKING:
    from analyzers.runtime import Limits
    from rewards.schemes import Spec


class ExecutorUnavailable(RuntimeError):
    """There is nobody who could score."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of `rewards.score_batch`."""

    analyzers: tuple[str, ...] = ANALYZERS
    scheme: Spec = SCHEME
    limits: Limits | None = None
    isolation: str = ISOLATION
    workers: int | None = None
    """Processes that score at a time; None: as many as there are CPUs."""
