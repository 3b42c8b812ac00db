"""What a scorer is trained on, as functions of its scores: pairs, single candidates, whole pools, and spans.

Pools of different sizes come as one flat vector of scores with the number of the pool of each; a loss is averaged over
the problems that say something, so that a problem with many candidates counts no more than others.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def bradley_terry(
    better: Tensor, worse: Tensor, *, margin: float | Tensor = 0.0, weights: Tensor | None = None, centring: float = 0.0
) -> Tensor:
    """-log sigmoid(s+ - s- - margin), averaged over pairs [P].

    `margin` and `weights` may be one for each pair, the gap of the pass rates say. `centring` weighs (s+ + s-)^2, which
    keeps scores around 0 (arXiv 2312.09244).
    """
    terms = -functional.logsigmoid(better - worse - margin)
    if weights is not None:
        terms = terms * weights / weights.mean().clamp_min(torch.finfo(terms.dtype).tiny)
    return terms.mean() + centring * (better + worse).square().mean()


def cross_entropy(
    logits: Tensor, labels: Tensor, *, class_weights: Tensor | None = None, smoothing: float = 0.0
) -> Tensor:
    """Of logits [N, C] for classes of outcomes [N], weighted as CodeRanker does (arXiv 2206.03865)."""
    return functional.cross_entropy(logits, labels, weight=class_weights, label_smoothing=smoothing)


def inverse_frequency(labels: Tensor, classes: int) -> Tensor:
    """Weights [C] with which every class that occurs counts alike; 0 for those that do not."""
    counts = torch.bincount(labels, minlength=classes).to(torch.float32)
    present = int((counts > 0).sum())
    return torch.where(counts > 0, len(labels) / (present * counts.clamp_min(1)), torch.zeros_like(counts))


def spans(logits: Tensor, charged: Tensor, mask: Tensor) -> Tensor:
    """[N], binary cross-entropy of token logits [N, T] against which tokens the analyzers charge [N, T], averaged over
    those of the candidate (`mask` [N, T]); 0 for one without tokens."""
    terms = functional.binary_cross_entropy_with_logits(logits, charged.to(logits.dtype), reduction="none") * mask
    return terms.sum(-1) / mask.sum(-1).clamp_min(1)


def listwise(scores: Tensor, passed: Tensor, pools: Tensor) -> Tensor:
    """-log of a softmax of one candidate that passes against all of its pool that do not, averaged over the former,
    then over pools (LEVER's contrastive loss, arXiv 2302.08468).

    Scores, passed and pools are [N]; pools without both kinds say nothing.
    """
    terms = []
    for right, wrong in _mixed(scores, passed, pools):
        rest = torch.logsumexp(wrong, 0)
        terms.append((torch.logaddexp(right, rest) - right).mean())
    return _mean(terms, scores)


def marginal(scores: Tensor, passed: Tensor, pools: Tensor) -> Tensor:
    """-log of the mass that a softmax over the pool gives to all that pass (maximum marginal likelihood): it is enough
    that one of them is rated highly."""
    terms = []
    for right, wrong in _mixed(scores, passed, pools):
        whole = torch.cat([right, wrong])
        terms.append(torch.logsumexp(whole, 0) - torch.logsumexp(right, 0))
    return _mean(terms, scores)


def pass_at_k(scores: Tensor, passed: Tensor, pools: Tensor, *, k: int = 1, margin: float = 0.0) -> Tensor:
    """A smooth stand-in for pass@k after ranking: the best of those that pass has to be above the k-th of those that do
    not, softplus(margin + s-[k] - max s+) (the aim of Top Pass, arXiv 2408.05715; the formula is ours).

    Pools with fewer than `k` that do not pass say nothing, because pass@k is 1 whatever the order.

    Raises:
        ValueError: `k` is not at least 1.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    terms = [
        functional.softplus(margin + wrong.topk(k).values[-1] - right.max())
        for right, wrong in _mixed(scores, passed, pools)
        if len(wrong) >= k
    ]
    return _mean(terms, scores)


def _mixed(scores: Tensor, passed: Tensor, pools: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Of each pool in which some pass and some do not: the scores of the former and of the latter."""
    found = []
    for pool in torch.unique(pools):
        right, wrong = scores[(pools == pool) & passed], scores[(pools == pool) & ~passed]
        if len(right) and len(wrong):
            found.append((right, wrong))
    return found


def _mean(terms: list[Tensor], scores: Tensor) -> Tensor:
    """0 where there is nothing to learn from, with a gradient all the same."""
    return torch.stack(terms).mean() if terms else scores.sum() * 0.0
