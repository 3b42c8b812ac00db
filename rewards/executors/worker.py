"""What scores at the other end: the same scorer and the same engine, in a process that owns one core."""

from __future__ import annotations

from importlib.metadata import version

from rewards.executors import wire
from rewards.executors.settings import Settings
from rewards.scorer import Scorer
from rewards.types import Score


class Worker:
    """One process that scores. Threads may call `score` at the same time."""

    def begin(self, settings: Settings, spanwise: str) -> None:
        """Starts the scorer; `spanwise` is the version that the caller has.

        Raises:
            RuntimeError: another version is installed here.
            ValueError, analyzers.runtime.sandbox.tiers.TierRefused: as `rewards.Scorer`.
        """
        here = version("spanwise")
        if here != spanwise:
            raise RuntimeError(f"this node has spanwise {here} and the caller {spanwise}: install one version on both")
        if "runtime" in settings.analyzers:
            from analyzers import runtime

            runtime.resize(1)
        self._scorer = Scorer(
            settings.analyzers,
            scheme=settings.scheme,
            limits=settings.limits,
            isolation=settings.isolation,
            workers=1,
        )

    def score(self, data: bytes) -> bytes:
        """The scores of packed items, packed; an item that cannot be scored has the exception in its place."""
        items = wire.unpack_items(data)
        scores: list[Score | BaseException] = []
        for future in self._scorer.submit_batch(items):
            error = future.exception()
            scores.append(future.result() if error is None else error)
        return wire.pack_scores(scores, items)

    def end(self) -> None:
        """Ends the processes of the engine."""
        self._scorer.close()
