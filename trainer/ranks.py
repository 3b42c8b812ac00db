"""The processes of a run that learn as one, and how they hear of each other.

What decides the course of a run (which tasks, which samples, which advantages) every process works out for itself from
the same facts. Facts that one of them finds go to all through `gather`, failures and Ctrl-C among them: whoever waits
for a process hears what became of it, so that all go on or all end.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import timedelta
from typing import Any, TypeAlias, TypeVar

import torch
from torch import Tensor
from torch import distributed as dist

from trainer.interrupts import Elsewhere, Interrupts, Terminated

T = TypeVar("T")
_Told: TypeAlias = tuple[str, Any]
"""What a process tells the others: how it went, and what came of it."""
DONE, FAILED = "done", "failed"
BROKEN_OFF: dict[str, type[KeyboardInterrupt]] = {"terminated": Terminated, "interrupted": KeyboardInterrupt}
PATIENCE = timedelta(hours=2)
"""How long a process waits for one that says nothing; one that has ended is noticed at once."""
HEAD_START_S = 2.0
"""How long the others wait for the one that failed: launchers end all once one has ended, and it has to say why."""
BUCKET = 1 << 24
"""Numbers of gradients that are added up at a time."""


class Deserted(RuntimeError):
    """Another process has ended without a word, or does not answer."""


class Ranks:
    """This process among those of the run; by itself, all of them."""

    def __init__(self, number: int = 0, count: int = 1, *, here: int = 1) -> None:
        """`number` of `count` processes, `here` of which share this machine; their default process group is up."""
        self.number = number
        self.count = count
        self.here = here
        self.interrupts = Interrupts(held=count > 1)
        self._group = dist.new_group(backend="gloo", timeout=PATIENCE) if count > 1 else None
        self._told: BaseException | None = None

    @classmethod
    def connect(cls) -> Ranks:
        """The processes that a launcher started, `accelerate launch` or torchrun; without one, this process alone."""
        count = int(os.environ.get("WORLD_SIZE", "1"))
        if count == 1:
            return cls()
        if not dist.is_initialized():
            dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo", timeout=PATIENCE)
        return cls(dist.get_rank(), count, here=int(os.environ.get("LOCAL_WORLD_SIZE", "1")))

    @property
    def first(self) -> bool:
        """Whether this is the process that writes files and speaks to people."""
        return self.number == 0

    def gather(self, produce: Callable[[], T], *, breakable: bool = False) -> list[T]:
        """What `produce` returned in each process, by number.

        `breakable` lets Ctrl-C and SIGTERM break it off; elsewhere they wait for the next call of this kind.

        Raises:
            Elsewhere: it failed in another process; in the first one that failed, its own error.
            KeyboardInterrupt: it was broken off somewhere; in all processes alike.
            Deserted: a process is gone.
        """
        if self._group is None:
            return [produce()]
        error: Exception | None = None
        told: _Told = DONE, None
        try:
            with self.interrupts.allowed() if breakable else nullcontext():
                told = DONE, produce()
        except KeyboardInterrupt as broken_off:
            told = ("terminated" if isinstance(broken_off, Terminated) else "interrupted"), None
        except Exception as failure:
            if failure is self._told or isinstance(failure, (Elsewhere, Deserted)):
                raise  # the others know
            error, told = failure, (FAILED, f"{type(failure).__name__}: {failure}")
        everything = self._exchanged(told)
        self._agree_on_failure(everything, error)
        return [value for _, value in everything]

    def together(self, produce: Callable[[], T]) -> T:
        """What `produce` returns in this process, once it has succeeded in all of them; raises as `gather` does."""
        if self._group is None:
            return produce()
        kept: list[T] = []
        self.gather(lambda: kept.append(produce()))
        return kept[0]

    def from_first(self, produce: Callable[[], T]) -> T:
        """What `produce` returns in the first process, where alone it is called; raises as `gather` does."""
        found: T | None = self.gather(lambda: produce() if self.first else None)[0]
        return found  # type: ignore[return-value]  # the first process has called it

    def agree(self, mark: object, what: str) -> None:
        """Finds out whether all processes have the same `mark`.

        Raises:
            ValueError: one has another; the message says of what.
        """
        for number, found in enumerate(marks := self.gather(lambda: mark)):
            if found != marks[0]:
                raise ValueError(f"process {number} has other {what} than process 0: give all processes the same")

    def add_up(self, weights: Sequence[Tensor]) -> None:
        """Makes the gradient of each of `weights` the sum of those in all processes.

        A weight that has no gradient anywhere stays without.
        """
        if self._group is None:
            return
        known = self.gather(lambda: [weight.grad is not None for weight in weights])
        gradients = []
        for weight, found in zip(weights, map(any, zip(*known, strict=True)), strict=True):
            if found:
                weight.grad = torch.zeros_like(weight) if weight.grad is None else weight.grad
                gradients.append(weight.grad)
        for bucket in _buckets(gradients):
            flat = torch.cat([gradient.flatten() for gradient in bucket])
            _answered(lambda flat=flat: dist.all_reduce(flat))  # type: ignore[misc]
            for gradient, part in zip(bucket, torch.split(flat, [each.numel() for each in bucket]), strict=True):
                gradient.copy_(part.view_as(gradient))

    def leave(self) -> None:
        """Takes leave of the others, when all are done."""
        if self._group is not None and dist.is_initialized():
            dist.destroy_process_group()

    def _exchanged(self, told: _Told) -> list[_Told]:
        everything: list[Any] = [None] * self.count
        _answered(lambda: dist.all_gather_object(everything, told, group=self._group))
        return everything

    def _agree_on_failure(self, everything: Sequence[_Told], error: Exception | None) -> None:
        failed = [number for number, (state, _) in enumerate(everything) if state == FAILED]
        if failed and failed[0] == self.number and error is not None:
            self._told = error
            raise error
        if failed:
            time.sleep(HEAD_START_S)
            raise Elsewhere(f"process {failed[0]} of {self.count} failed ({everything[failed[0]][1]})")
        for state, kind in BROKEN_OFF.items():
            if any(state == each for each, _ in everything):
                raise kind


def shares(costs: Sequence[int], count: int) -> list[list[int]]:
    """Indices of things with these costs for each of `count` processes, in ascending order, of about equal sums.

    The dearest come first, and each goes to whom has least so far.
    """
    parts: list[list[int]] = [[] for _ in range(count)]
    loads = [0] * count
    for index in sorted(range(len(costs)), key=lambda index: (-costs[index], index)):
        least = loads.index(min(loads))
        parts[least].append(index)
        loads[least] += costs[index]
    return [sorted(part) for part in parts]


def dealt(names: Sequence[str], count: int) -> list[list[int]]:
    """Indices of `names` for each of `count` processes in turn; equal names go to the same one."""
    places = {name: place % count for place, name in enumerate(dict.fromkeys(names))}
    return [[index for index, name in enumerate(names) if places[name] == number] for number in range(count)]


def _buckets(gradients: Sequence[Tensor]) -> Iterator[list[Tensor]]:
    """Gradients of one type that are added up at a time."""
    for kind in dict.fromkeys(gradient.dtype for gradient in gradients):
        bucket: list[Tensor] = []
        for gradient in (each for each in gradients if each.dtype == kind):
            if bucket and sum(each.numel() for each in bucket) + gradient.numel() > BUCKET:
                yield bucket
                bucket = []
            bucket.append(gradient)
        if bucket:
            yield bucket


def _answered(talk: Callable[[], Any]) -> None:
    try:
        talk()
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
        raise Deserted(f"another process of the run has ended or does not answer ({reason[0]})") from error
