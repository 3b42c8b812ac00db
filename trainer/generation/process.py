"""A generator in a process of its own, on this machine: it holds a copy of the weights and samples while others learn.

It computes what the policy would: with the same weights, device and threads the same completions, bit by bit.
"""

from __future__ import annotations

import io
import multiprocessing
import signal
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator

from trainer.generation import GenerationFailed, OnDone, texts
from trainer.generation.roles import learned, put
from trainer.policy import Policy
from trainer.types import Rollout, Sampling, Task

GONE = (EOFError, ConnectionError)
"""What a pipe raises when there is nobody at its other end."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how the other process computes."""

    device: str = "cpu"
    dtype: str = "float32"
    mixed_precision: str = "no"
    threads: int = 1


class Process:
    """A back end; see `trainer.generation.Backend`. The process starts when it first gets weights."""

    def __init__(self, policy: Policy, place: Place, *, work: Path | None = None) -> None:
        """`work` is the folder through which the first weights are handed over, once; nothing stays there."""
        self.tokenizer = policy.tokenizer
        self.token_bytes = policy.token_bytes
        self._place = place
        self._cache_tokens = policy.cache_tokens
        self._work = work
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    def load(self, policy: Policy, step: int) -> None:
        """See `trainer.generation.Backend`."""
        if self._process is None:
            self._start(policy)
            return
        data = io.BytesIO()
        torch.save({name: weight.cpu() for name, weight in learned(policy).items()}, data)
        self._send(("load", data.getvalue()))
        self._receive()

    def answer(
        self,
        tasks: Sequence[Task],
        *,
        samples: int,
        sampling: Sampling,
        seed: int,
        on_done: OnDone,
        step: int = 0,
    ) -> None:
        """See `trainer.generation.Generator`."""
        generate = partial(self._generate, sampling=sampling, seed=seed, step=step)
        texts.answer(generate, self.tokenizer, tasks, samples=samples, on_done=on_done)

    def close(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.join()

    def _start(self, policy: Policy) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, there = context.Pipe()
        with tempfile.TemporaryDirectory(dir=self._work, prefix=".generator-") as folder:
            policy.save(Path(folder))
            self._process = context.Process(
                target=_work, args=(there, folder, self._place, self._cache_tokens), name="generator", daemon=True
            )
            self._process.start()
            there.close()
            self._receive()

    def _generate(self, prompts: Sequence[str], *, on_done: OnDone, **asked: Any) -> None:
        try:
            self._send(("generate", (list(prompts), asked)))
            while (found := self._receive()) is not None:
                on_done(*found)
        except BaseException:
            self.close()  # what is still on its way would be taken for the next answer
            raise

    def _send(self, message: tuple[str, Any]) -> None:
        assert self._pipe is not None
        try:
            self._pipe.send(message)
        except GONE as error:
            raise self._gone() from error

    def _receive(self) -> tuple[int, Rollout] | None:
        """A rollout with its number, or None where the work is done."""
        assert self._pipe is not None
        try:
            found = self._pipe.recv()
        except GONE as error:
            raise self._gone() from error
        if isinstance(found, str):
            raise GenerationFailed(f"the generator process failed: {found}")
        return found

    def _gone(self) -> GenerationFailed:
        if self._process is None:
            return GenerationFailed("the generator process was ended")
        self._process.join(timeout=10)
        code = self._process.exitcode
        how = f"signal {-code} ended it" if code is not None and code < 0 else f"exit status {code}"
        memory = "; the kernel does that when memory runs out" if code == -signal.SIGKILL else ""
        return GenerationFailed(f"the generator process is gone: {how}{memory}")


def _work(pipe: Connection, folder: str, place: Place, cache_tokens: int) -> None:
    """The other process: does what it is told until there is nobody at the other end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the learner, who ends this process
    with suppress(*GONE):
        try:
            policy = _policy(folder, place, cache_tokens)
            pipe.send(None)
            while True:
                what, content = pipe.recv()
                if what == "load":
                    put(policy, torch.load(io.BytesIO(content), weights_only=True))
                else:
                    prompts, asked = content
                    policy.generate(prompts, **asked, on_done=lambda index, rollout: pipe.send((index, rollout)))
                pipe.send(None)
        except GONE:
            raise
        except Exception as error:
            pipe.send(f"{type(error).__name__}: {error}")


def _policy(folder: str, place: Place, cache_tokens: int) -> Policy:
    # Its weights require gradients like the learner's: kernels are chosen by that, and round differently.
    torch.set_num_threads(place.threads)
    policy = Policy.load(folder, device=place.device, dtype=place.dtype, cache_tokens=cache_tokens)
    if place.mixed_precision != "no":
        accelerator = Accelerator(cpu=place.device == "cpu", mixed_precision=place.mixed_precision)
        policy.model = accelerator.prepare_model(policy.model, evaluation_mode=True)
    return policy
