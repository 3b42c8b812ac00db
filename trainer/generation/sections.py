"""The tables of the configuration that say who samples the rollouts; docs/generation.md says which suits when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from trainer.sections import Positive, Section

Seconds = Annotated[float, Field(gt=0)]


class Generation(Section):
    """Who samples the rollouts, and with which weights."""

    backend: Literal["local", "process", "openai"] = "local"
    """"local" is the policy itself; "process" a second process on this machine with a copy of the weights; "openai" a
    server with an OpenAI-compatible API, see `[server]`."""
    sync_every: Positive = 1
    """Optimiser steps after which the generator gets the learner's weights, at the next round; 1 samples each round
    with those of its moment. `local` shares them anyway."""
    ahead: bool = False
    """Samples a round while the learner learns from the one before: samples are older by `buffer.refresh`."""
    device: str | None = None
    """Where the second process computes, such as "cuda:1"; by default where the learner does."""
    threads: Positive | None = None
    """Threads of the second process; by default as many as the learner has."""


class Server(Section):
    """The server behind `generation.backend = "openai"`."""

    url: str = "http://localhost:8000"
    """Where it listens, without `/v1`."""
    model: str | None = None
    """The name that it serves the model under; by default the only one it has."""
    api: Literal["auto", "completions", "chat"] = "auto"
    """"auto" uses `/v1/completions`, and `/v1/chat/completions` where the server lacks it."""
    sync: Literal["none", "vllm", "sglang", "transformers", "hook"] = "none"
    """How it gets new weights: by its own endpoint, or by `hook`. "none" serves to evaluate, and to learn offline."""
    hook: str | None = None
    """With sync = "hook": a URL, which is sent {"folder": ..., "step": ...}, or a command, in which {folder} and {step}
    are replaced; once it has answered or ended, and the server answers, that has the weights."""
    folder: Path | None = None
    """Where weights are put for it, which it reads under the same name; by default `weights` in the run's folder."""
    token_variable: str | None = None
    """Environment variable that holds the bearer token of the server."""
    in_flight: Positive = 64
    """Requests under way at a time, one for each completion."""
    timeout_s: Seconds = 600.0
    """How long a request may take."""
    patience_s: Seconds = 300.0
    """How long a server that refuses connections or is overloaded is asked again."""
    tolerance: Seconds = 0.3
    """Mean difference in nats between its log-probs and the learner's, for the same tokens, above which it is taken to
    hold other weights."""
    extra: dict[str, Any] = Field(default_factory=dict)
    """Further fields of every request."""
