"""How old samples are when they are learned from, and which generators would be of no use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trainer.config import Config

RELOADED_WHOLE = ("vllm", "sglang", "transformers")
"""Servers that take whole weights only, no adapters."""


def age(*, refresh: int, every: int, ahead: bool) -> int:
    """Optimiser steps by which the weights of the last round may trail those that learn from it.

    Rounds come every `refresh` steps, the generator's weights are replaced at a round once they are `every` steps old,
    and with `ahead` a round is begun when the one before has come.
    """
    trailing = (every - 1) // refresh * refresh
    return refresh - 1 + trailing + (refresh if ahead else 0)


def check_generator(settings: Config) -> None:
    """Refuses a generator whose samples could not be learned from.

    Raises:
        ValueError: one line says why.
    """
    generation, server, refresh = settings.generation, settings.server, settings.buffer.refresh
    if generation.backend == "local" and (generation.ahead or generation.sync_every > 1):
        raise ValueError(
            "generation.ahead and generation.sync_every are for a generator with weights of its own: set "
            "generation.backend to process or openai"
        )
    if server.hook is not None and server.sync != "hook":
        raise ValueError(f"server.hook is used with server.sync = hook, got {server.sync!r}")
    if generation.backend == "openai":
        _check_server(settings)
    if refresh == "never":
        if generation.ahead:
            raise ValueError("with buffer.refresh = never no round follows that could be sampled ahead")
        return
    oldest = age(refresh=refresh, every=generation.sync_every, ahead=generation.ahead)
    limit = settings.buffer.setup().limit
    if limit is not None and oldest > limit:
        raise ValueError(
            f"with generation.sync_every = {generation.sync_every} and ahead = {str(generation.ahead).lower()} samples "
            f"reach age {oldest}, but buffer.staleness is {limit}; raise it to {oldest} or more"
        )


def _check_server(settings: Config) -> None:
    server = settings.server
    if server.sync == "none" and settings.buffer.refresh != "never":
        raise ValueError(
            "server.sync = none leaves the server with its first weights, and nothing could correct for that in the "
            "long run: say how it gets new ones, or set buffer.refresh to never, which learns from what they sampled"
        )
    if server.sync == "hook" and not server.hook:
        raise ValueError("server.sync = hook needs server.hook: a URL that is told, or a command that is run")
    if settings.model.lora_rank and server.sync in RELOADED_WHOLE:
        raise ValueError(
            f"server.sync = {server.sync!r} reloads whole weights, and with model.lora_rank an adapter is learned: "
            "use sync = hook with a command that loads adapters"
        )
