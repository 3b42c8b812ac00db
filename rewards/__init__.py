"""Diagnostics in, numbers out: what a completion is worth, and which of its tokens answer for it.

    import rewards

    score = rewards.score("def f(x):\n    return y\n", tests=["assert f(1) == 1"])
    score.value, score.outcome, score.charges

`score` and `score_batch` share their worker processes; a `Scorer` has its own. Quick to import, and needs no torch.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Any

from rewards import executors, schemes
from rewards.align import token_rewards
from rewards.evidence import limits_for
from rewards.items import BadItem
from rewards.metrics import batch_metrics
from rewards.reranking.choice import rerank
from rewards.schemes import Spec
from rewards.scorer import ANALYZERS, ISOLATION, SCHEME, Scorer, Scoring
from rewards.serial import from_jsonable, jsonable
from rewards.stream import IN_FLIGHT, Items, Stream
from rewards.types import Charge, Evidence, Item, Outcome, Reward, Score, TokenRewards

if TYPE_CHECKING:
    from analyzers.engine import Engine
    from analyzers.runtime import Limits

__all__ = [
    "BadItem",
    "Charge",
    "Evidence",
    "Item",
    "Outcome",
    "Reward",
    "Score",
    "Scorer",
    "Stream",
    "TokenRewards",
    "batch_metrics",
    "from_jsonable",
    "jsonable",
    "rerank",
    "score",
    "score_batch",
    "score_stream",
    "token_rewards",
]

_opening = threading.Lock()
_open = ExitStack()
atexit.register(_open.close)


def score(
    completion: str,
    *,
    language: str = "python",
    tests: object = None,
    analyzers: Sequence[str] = ANALYZERS,
    scheme: Spec = SCHEME,
    prefix: str = "",
    limits: Limits | None = None,
    isolation: str = ISOLATION,
    workers: int | None = None,
    **item: Any,
) -> Score:
    """The reward of one completion.

    Tests may be anything that `analyzers.runtime.tests.parse` takes: a list of assert statements, a check function,
    call cases, standard input and output. `item` are further fields of an Item: suffix, reference, task_id,
    truncated, raw, holdout.

    Raises:
        ValueError: an unknown analyzer, scheme, option, language or field, or tests that are no test suite; with what
            came, what was expected and the closest names.
        analyzers.runtime.sandbox.tiers.TierRefused: programs cannot be isolated as well as `isolation` demands.
    """
    given = {"completion": completion, "language": language, "tests": tests, "prefix": prefix, **item}
    return score_batch(
        [given], analyzers=analyzers, scheme=scheme, limits=limits, isolation=isolation, workers=workers
    )[0]


def score_batch(
    items: Iterable[Item | Mapping[str, Any]],
    *,
    analyzers: Sequence[str] = ANALYZERS,
    scheme: Spec = SCHEME,
    limits: Limits | None = None,
    isolation: str = ISOLATION,
    workers: int | None = None,
    executor: executors.Spec = executors.LOCAL,
) -> list[Score]:
    """The rewards of many completions, in order.

    An item is an Item or a mapping with the keys completion, language, tests, prefix, suffix, reference, task_id,
    truncated, raw and holdout; only `completion` is needed. `limits` bound the programs that run, and `isolation` is
    the weakest tier at which they may (`strict`, `standard`, `weak`, `none`); `workers` is the number of processes.
    `executor` says where they are: `"local"`, `"ray"`, `("ray", {"address": "auto"})` (`rewards.executors`).

    Raises:
        ValueError: as `score`; every item is checked before the first one is analysed.
        analyzers.runtime.sandbox.tiers.TierRefused: as `score`.
        ImportError, rewards.executors.ExecutorUnavailable: the executor is not installed, or has nobody to score.
    """
    return _scorer(executor, analyzers, scheme, limits, isolation, workers).score_batch(items)


def score_stream(
    items: Items,
    *,
    group_size: int | None = None,
    in_flight: int = IN_FLIGHT,
    analyzers: Sequence[str] = ANALYZERS,
    scheme: Spec = SCHEME,
    limits: Limits | None = None,
    isolation: str = ISOLATION,
    workers: int | None = None,
    executor: executors.Spec = executors.LOCAL,
) -> Stream:
    """The rewards of completions as they finish: pairs of an item's index and its score, for `for` and `async for`.

        for index, score in rewards.score_stream(generate(prompts)): ...

    `items` may be an asynchronous iterable; one that is not is read by a thread of its own, so that scoring goes on
    while it generates. It is asked for the next item only while fewer than `in_flight` are under way. Leaving the loop
    cancels what waits; what `items` raises is raised after the scores of what it gave. Schemes that compare the
    completions for a task need `group_size`: as many of them come together once all are scored. The other settings are
    those of `score_batch`.

    Raises:
        ValueError: as `score_batch`, of the settings at once and of an item in its turn; or no `group_size`.
        analyzers.runtime.sandbox.tiers.TierRefused: as `score`.
    """
    scorer = _scorer(executor, analyzers, scheme, limits, isolation, workers)
    return scorer.score_stream(items, group_size=group_size, in_flight=in_flight)


def _scorer(
    executor: executors.Spec,
    analyzers: Sequence[str],
    scheme: Spec,
    limits: Limits | None,
    isolation: str,
    workers: int | None,
) -> Scoring:
    """The scorer that calls with the same settings share; on this machine one on an engine that they share."""
    if executor != executors.LOCAL:
        return executors.shared(
            executor, executors.Settings(tuple(analyzers), scheme, limits, isolation=isolation, workers=workers)
        )
    scheme = schemes.resolve(scheme)
    limits = limits_for(schemes.needs(scheme), limits)
    with _opening:  # threads that come at the same time share one, too
        engine = _engine(tuple(analyzers), limits, isolation, workers)
    return Scorer(analyzers, scheme=scheme, limits=limits, isolation=isolation, engine=engine)


@cache
def _engine(analyzers: tuple[str, ...], limits: Limits | None, isolation: str, workers: int | None) -> Engine:
    """The engine that calls with the same settings share, closed when the interpreter ends."""
    from analyzers.engine import Engine

    return _open.enter_context(Engine(analyzers, workers=workers, limits=limits, isolation=isolation))
