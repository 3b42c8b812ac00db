"""Where programs are scored: executors, by name.

    rewards.score_batch(items, executor="ray")
    rewards.score_batch(items, executor=("ray", {"address": "10.0.0.1:6379", "chunk": 8}))

    with executors.start("ray", executors.Settings(scheme="rltf", workers=64)) as scorer:
        scores = scorer.score_batch(items)

An executor is a function that makes a scorer of settings; its keyword-only arguments are its configuration. Built-in
ones are modules of this package; other distributions add theirs through the entry-point group `spanwise.executors`,
whose targets are the functions.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from rewards import schemes
from rewards.executors.settings import ExecutorUnavailable, Settings
from rewards.registry import Registry
from rewards.scorer import Scoring

__all__ = ["LOCAL", "ExecutorUnavailable", "Settings", "Spec", "executor", "names", "options", "shared", "start"]

LOCAL = "local"
Executor: TypeAlias = Callable[..., Scoring]
Spec: TypeAlias = str | tuple[str, Mapping[str, Any]]
"""What names an executor: `"ray"`, `("ray", {"address": "auto"})`."""

_registry: Registry[Executor] = Registry("executor", "spanwise.executors", __name__)
executor = _registry.register
names = _registry.names
options = _registry.options

_lock = threading.Lock()
_shared: dict[object, Scoring] = {}


def start(spec: Spec, settings: Settings) -> Scoring:
    """A scorer of one's own, to be closed; processes elsewhere are started by its first item.

    Those of `shared` let their workers go once they have nothing to do, so that there is room for these.

    Raises:
        rewards.registry.UnknownName: (a ValueError) no such executor or option of it, with the closest names.
        ValueError: an unknown analyzer or scheme, or an option with a value that is refused.
        ImportError: what the executor needs is not installed; the message says how to install it.
        ExecutorUnavailable: there is no cluster where it should be.
    """
    from analyzers import registry  # so that `import rewards` is quick

    _make_room()
    name, options = (spec, {}) if isinstance(spec, str) else spec
    made = _registry.bind(name, options)
    registry.check(settings.analyzers)
    schemes.resolve(settings.scheme)
    scorer: Scoring = made(settings)
    return scorer


def shared(spec: Spec, settings: Settings) -> Scoring:
    """The scorer that calls with the same settings share, closed when the interpreter ends.

    Raises:
        Exception: as `start`.
    """
    scheme = settings.scheme if callable(settings.scheme) else repr(settings.scheme)
    key = repr(spec), settings.analyzers, scheme, settings.limits, settings.isolation, settings.workers
    with _lock:
        scorer = _shared.get(key)
        if scorer is None:
            scorer = _shared[key] = start(spec, settings)
            atexit.register(scorer.close)
        else:
            _make_room(scorer)
        return scorer


def _make_room(but: Scoring | None = None) -> None:
    from rewards.executors.remote import RemoteScorer

    for scorer in list(_shared.values()):
        if isinstance(scorer, RemoteScorer) and scorer is not but:
            scorer.rest()
