"""The processes of this machine."""

from __future__ import annotations

from rewards.executors import executor
from rewards.executors.settings import Settings
from rewards.scorer import Scorer


@executor("local")
def local(settings: Settings) -> Scorer:
    """Scores in processes of this machine; `workers` are those of the analyzers."""
    return Scorer(
        settings.analyzers,
        scheme=settings.scheme,
        limits=settings.limits,
        isolation=settings.isolation,
        workers=settings.workers,
    )
