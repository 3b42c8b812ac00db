"""Training of a scorer: steps over the candidates of some problems, checkpoints, and a way on from each.

A candidate goes through the model once in a step, however many pairs it is in, and a prompt once for all of its
candidates where the model allows that. What a step sees is a function of the seed and its number, and there is no
dropout: a fit that goes on from a checkpoint is the one that wrote it, bit for bit on one thread of a CPU.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rewards.reranking.pools import Pool
from trainer import checkpoint
from trainer.outcomes import CLASSES
from trainer.reranker import losses
from trainer.reranker.fitting import Fitting
from trainer.reranker.lessons import UNKNOWN, Batch, Counts, Lessons, joined
from trainer.reranker.model import RewardModel
from trainer.reranker.rows import Row
from trainer.step import schedule, weight_groups

__all__ = ["Broken", "Counts", "Fitted", "Fitting", "Step", "fit"]


_DEFAULTS = Fitting()


class Broken(RuntimeError):
    """A loss or its gradient is no number. The weights are those of the step before."""


@dataclass(frozen=True, slots=True)
class Step:
    """What an optimiser step came to."""

    number: int
    """From 1."""
    of: int
    loss: float
    terms: Mapping[str, float]
    """The unweighted terms of the loss, by name."""
    grad_norm: float
    learning_rate: float


class _Outputs(NamedTuple):
    """What the loss is made of, of N candidates."""

    scores: Tensor
    """[N]"""
    outcomes: Tensor
    """[N, C], logits; 0 where there is no such head."""
    spans: Tensor
    """[N], what each costs in the loss of spans; likewise."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a fit came to."""

    steps: int
    counts: Counts
    epochs: tuple[Mapping[str, float], ...]
    """For each epoch the means of `loss` and its terms over its steps."""


def fit(
    model: RewardModel,
    pools: Sequence[Pool],
    settings: Fitting = _DEFAULTS,
    *,
    folder: Path | None = None,
    seed: int = 0,
    on_step: Callable[[Step], None] | None = None,
) -> Fitted:
    """Trains a model, in place, on labelled pools.

    With `folder`, checkpoints are written there, and a fit of the same model, pools, settings and seed goes on from the
    last of them. What `on_step` raises (KeyboardInterrupt, say) ends the fit between two steps, after a checkpoint.
    Without anything to learn from there are no steps.

    Raises:
        Broken: a loss is no number; the weights are those of the step before, which are saved.
        ValueError: the model lacks a head that the settings need, or the folder holds another fit.
        trainer.checkpoint.BadCheckpoint: the last checkpoint cannot be read.
        OSError: a checkpoint cannot be written.
    """
    lessons = Lessons.of(model, pools, settings, seed=seed)
    fit = _Fit(model, lessons, folder)
    fit.go_on()
    # All at once and in an order of their own: how a row is rounded depends on those that it is read with.
    model.remember([row for lesson in lessons.lessons for row in lesson.rows])
    for batch in lessons.batches(begin=fit.done):
        try:
            made = fit.step(batch)
        except Broken:
            fit.save()
            raise
        if fit.done % settings.save_every == 0 or fit.done == lessons.steps:
            fit.save()
        if on_step is not None:
            try:
                on_step(made)
            except BaseException:
                fit.save()
                raise
    return Fitted(fit.done, lessons.counts, tuple(fit.epochs))


class _Fit:
    """A model in the hands of its optimiser."""

    def __init__(self, model: RewardModel, lessons: Lessons, folder: Path | None) -> None:
        self._model, self._lessons, self._folder = model, lessons, folder
        self._settings = settings = lessons.settings
        for head, weight in (("outcomes", settings.outcome_weight), ("spans", settings.span_weight)):
            if weight and not getattr(model.shape, head):
                raise ValueError(f"the loss has a term for {head}, and the model no head: load it with {head}=True")
        if settings.train_trunk:
            model.thaw()
        else:
            model.freeze()
        groups = weight_groups(model.trunk, settings.optimizer.weight_decay)
        groups = [*groups, {"params": list(model.heads.parameters()), "weight_decay": 0.0}]
        self._peaks = [settings.optimizer.learning_rate] * (len(groups) - 1) + [settings.head_learning_rate]
        self._optimizer = torch.optim.AdamW(groups, lr=0.0, betas=settings.optimizer.betas, fused=True)
        self._class_weights = _class_weights(lessons) if settings.class_weights else (None, None)
        self._digest = "" if folder is None else _digest(model, lessons)
        self.done = 0
        self.epochs: list[Mapping[str, float]] = []
        self._sums: Counter[str] = Counter()

    def go_on(self) -> None:
        """From the last checkpoint, where there is one."""
        if self._folder is None or (last := checkpoint.latest(self._folder)) is None:
            return
        state = checkpoint.load(last)
        if state.get("fit") != self._digest:
            raise ValueError(
                f"{self._folder} holds the checkpoints of another fit (other pools, settings, seed or model); "
                "give another folder, or remove it"
            )
        try:
            self._model.put_back(last / checkpoint.MODEL)
            self._optimizer.load_state_dict(state["optimizer"])
        except Exception as error:
            raise checkpoint.bad(last, str(error).splitlines()[0]) from error
        self.done, self.epochs, self._sums = state["done"], state["epochs"], Counter(state["sums"])

    def save(self) -> None:
        """Writes a checkpoint, where there is a folder and a step was made."""
        if self._folder is None or not self.done:
            return
        state = {
            "fit": self._digest, "done": self.done, "epochs": self.epochs, "sums": dict(self._sums),
            "optimizer": self._optimizer.state_dict(),
        }  # fmt: skip
        checkpoint.save(self._folder, self.done, state=state, write_model=self._model.save)

    def step(self, batch: Batch) -> Step:
        """One optimiser step."""
        terms = self._backward(batch)
        loss = sum(self._settings.weights[name] * value for name, value in terms.items())
        optimizer = self._settings.optimizer
        norm = float(torch.nn.utils.clip_grad_norm_(self._model.module.parameters(), optimizer.max_grad_norm))
        if not math.isfinite(norm):
            self._optimizer.zero_grad()
            raise Broken(self._told("the gradient", {"norm": norm}, batch))
        factor = schedule(self.done, settings=optimizer, steps=self._lessons.steps)
        for group, peak in zip(self._optimizer.param_groups, self._peaks, strict=True):
            group["lr"] = peak * factor
        self._optimizer.step()
        self._optimizer.zero_grad()
        self.done += 1
        self._count({"loss": loss, **terms})
        return Step(self.done, self._lessons.steps, loss, terms, norm, optimizer.learning_rate * factor)

    def _backward(self, batch: Batch) -> dict[str, float]:
        """The gradient of a batch; returns the terms of its loss."""
        passes = self._model.passes(batch.rows, budget=self._settings.optimizer.micro_batch_tokens)
        held = self._model.tokens(batch.rows) <= self._settings.held_tokens
        with torch.set_grad_enabled(held):
            found = _ordered([self._outputs(batch, places) for places in passes], passes)
        leaves = found if held else _Outputs(*(each.detach().requires_grad_() for each in found))
        terms = self._terms(leaves, batch)
        loss = torch.stack([self._settings.weights[name] * term for name, term in terms.items()]).sum()
        values = {name: float(term.detach()) for name, term in terms.items()}
        if not torch.isfinite(loss.detach()):
            raise Broken(self._told("the loss", values, batch))
        torch.autograd.backward(loss)
        for places in [] if held else passes:
            given = [(out, leaf.grad) for out, leaf in zip(self._outputs(batch, places), leaves, strict=True)]
            used = [(out, grad[places]) for out, grad in given if grad is not None and out.requires_grad]
            torch.autograd.backward([out for out, _ in used], [grad for _, grad in used])
        return values

    def _outputs(self, batch: Batch, places: Sequence[int]) -> _Outputs:
        chosen = [batch.rows[place] for place in places]
        judged = self._model.judge(chosen)
        nothing = torch.zeros_like(judged.scores)
        outcomes = nothing[:, None].expand(-1, len(CLASSES)) if judged.outcomes is None else judged.outcomes
        if judged.blame is None or not self._settings.span_weight:
            return _Outputs(judged.scores, outcomes, nothing)
        marks = [batch.marks[place] for place in places]
        return _Outputs(judged.scores, outcomes, losses.spans(judged.blame, *_marked(marks, chosen, judged.blame)))

    def _terms(self, outputs: _Outputs, batch: Batch) -> dict[str, Tensor]:
        """All terms of the loss that count, 0 where a batch says nothing of one."""
        settings, (scores, outcomes, spans) = self._settings, outputs
        device = scores.device
        passed, pools = batch.passed.to(device), batch.pools.to(device)
        found: dict[str, Tensor] = {}
        for name in settings.weights:
            if name == "bradley_terry":
                found[name] = self._paired(scores, batch)
            elif name == "cross_entropy":
                logits = torch.stack([torch.zeros_like(scores), scores], dim=1)
                found[name] = self._classified(logits, passed.long(), self._class_weights[0])
            elif name == "listwise":
                found[name] = losses.listwise(scores, passed, pools)
            elif name == "mml":
                found[name] = losses.marginal(scores, passed, pools)
            elif name == "pass_at_k":
                found[name] = losses.pass_at_k(scores, passed, pools, k=settings.k, margin=settings.margin)
            elif name == "outcome":
                found[name] = self._classified(outcomes, batch.outcomes.to(device), self._class_weights[1])
            else:
                known = torch.tensor([mark is not None for mark in batch.marks], device=device)
                found[name] = spans[known].mean() if known.any() else spans.sum() * 0.0
        return found

    def _paired(self, scores: Tensor, batch: Batch) -> Tensor:
        settings, gaps = self._settings, batch.gaps.to(scores.device)
        if not len(gaps):
            return scores.sum() * 0.0
        return losses.bradley_terry(
            scores[batch.better.to(scores.device)],
            scores[batch.worse.to(scores.device)],
            margin=settings.margin * gaps if settings.margin_by_gap else settings.margin,
            weights=gaps if settings.weigh_by_gap else None,
            centring=settings.centring,
        )

    def _classified(self, logits: Tensor, labels: Tensor, class_weights: Tensor | None) -> Tensor:
        known = labels != UNKNOWN
        if not known.any():
            return logits.sum() * 0.0
        weights = None if class_weights is None else class_weights.to(logits.device)
        smoothing = self._settings.smoothing
        return losses.cross_entropy(logits[known], labels[known], class_weights=weights, smoothing=smoothing)

    def _count(self, values: Mapping[str, float]) -> None:
        of_epoch = self._lessons.steps // self._settings.epochs
        self._sums.update(values)
        if self.done % of_epoch == 0:
            self.epochs.append({name: value / of_epoch for name, value in self._sums.items()})
            self._sums.clear()

    def _told(self, what: str, values: Mapping[str, float], batch: Batch) -> str:
        numbers = ", ".join(f"{name} = {value}" for name, value in values.items())
        kept = f"; the weights of step {self.done} are in {self._folder}" if self._folder and self.done else ""
        more = f" and {len(batch.tasks) - 3} more" if len(batch.tasks) > 3 else ""
        return (
            f"{what} of step {self.done + 1} is no number ({numbers}); "
            f"problems: {', '.join(batch.tasks[:3])}{more}{kept}"
        )


def _digest(model: RewardModel, lessons: Lessons) -> str:
    """The same for fits that can go on from each other's checkpoints."""
    digest = hashlib.blake2b(lessons.settings.model_dump_json(exclude={"save_every"}).encode(), digest_size=16)
    digest.update(repr((lessons.seed, model.shape)).encode())
    for weight in model.module.parameters():
        digest.update(weight.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    for lesson in lessons.lessons:
        labels = [(each.passed, each.pass_rate, each.outcome) for each in lesson.pool.candidates]
        marks = [None if mark is None else mark.tobytes() for mark in lesson.marks]
        digest.update(repr((lesson.pool.task_id, labels, marks, [row.key for row in lesson.rows])).encode())
    return digest.hexdigest()


def _ordered(found: Sequence[_Outputs], passes: Sequence[Sequence[int]]) -> _Outputs:
    """What passes found, in the order of the rows."""
    places = torch.tensor([place for each in passes for place in each])
    order = torch.argsort(places)
    columns = [torch.cat(column) for column in zip(*found, strict=True)]
    return _Outputs(*(column[order.to(column.device)] for column in columns))


def _marked(marks: Sequence[Any], rows: Sequence[Row], like: Tensor) -> tuple[Tensor, Tensor]:
    """[n, T], which tokens are charged, and which there are; none where nobody knows."""
    charged, mask = (torch.zeros(like.shape, dtype=torch.bool) for _ in range(2))
    for place, (mark, row) in enumerate(zip(marks, rows, strict=True)):
        if mark is not None:
            charged[place, : len(mark)] = torch.from_numpy(mark)
            mask[place, : len(row.ids)] = True
    return charged.to(like.device), mask.to(like.device)


def _class_weights(lessons: Lessons) -> tuple[Tensor, Tensor]:
    """Of failing and passing, and of outcomes, over all candidates that are learned from."""
    whole = joined(lessons.lessons)
    outcomes = whole.outcomes[whole.outcomes != UNKNOWN]
    return losses.inverse_frequency(whole.passed.long(), 2), losses.inverse_frequency(outcomes, len(CLASSES))
