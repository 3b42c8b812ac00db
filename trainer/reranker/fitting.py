"""How a scorer is trained: what it is told, what counts in the loss, and how it steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from trainer.reranker.pairs import Rules
from trainer.reranker.rows import Blamed
from trainer.sections import Optimizer, Positive, Section, Weight

Loss = Literal["bradley_terry", "cross_entropy", "listwise", "mml", "pass_at_k"]


class Fitting(Section):
    """The settings of `trainer.reranker.fit`. Nothing here is a value of the paper (arXiv 2504.09643), which states
    none."""

    losses: Mapping[Loss, Weight] = Field(default={"bradley_terry": 1.0})
    """What is minimised, and how much each counts. "bradley_terry" orders pairs; "cross_entropy" makes the score the
    log-odds of passing; "listwise" puts each that passes above all that do not, "mml" some of them, "pass_at_k"
    the best of them above the k-th that does not (`trainer.reranker.losses`)."""
    outcome_weight: Weight = 0.0
    """Weight of the cross-entropy of the outcome of the tests; takes a model with that head."""
    span_weight: Weight = 0.0
    """Weight of the cross-entropy of which tokens are charged; takes a model with that head."""
    blamed: Blamed = "both"
    """Whose charges those are: of the tests ("blame"), of analyzers that need none ("findings"), or of both."""
    pairs: Rules = Rules()
    """Which pairs are made. With `hard`, scores are those of the model as it comes in."""
    margin: float = 0.0
    """By how much the better one of a pair has to be above the worse one."""
    margin_by_gap: bool = False
    """Multiplies the margin with the gap of a pair, in shares of the tests."""
    weigh_by_gap: bool = False
    """Weighs a pair by its gap."""
    centring: Weight = 0.0
    """Weight of the squared sum of the scores of a pair, which keeps them around 0 (arXiv 2312.09244: 0.01)."""
    class_weights: bool = True
    """Whether classes count alike in both cross-entropies, however rare they are (CodeRanker, arXiv 2206.03865)."""
    smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Label smoothing of both cross-entropies."""
    k: Positive = 1
    """Of "pass_at_k"."""
    epochs: Positive = 2
    """How often each problem is learned from."""
    pools: Positive = 8
    """Problems of a step."""
    candidates: Positive = 16
    """Candidates of a problem that a step sees, half of them passing where there are as many; drawn anew each time."""
    train_trunk: bool = True
    """Whether the language model learns, or the heads alone; then its states are computed once."""
    head_learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    """Peak learning rate of the heads."""
    optimizer: Optimizer = Optimizer(learning_rate=1e-4)
    """AdamW for the language model, and how a step is cut into passes; its schedule holds for the heads, too."""
    held_tokens: Positive = 32768
    """Tokens of a step whose inner states are held for the gradient. A step of more computes its passes twice, so that
    its memory is that of one pass (gradient caching, arXiv 2101.06983)."""
    save_every: Positive = 50
    """Steps from one checkpoint to the next."""

    @model_validator(mode="after")
    def _has_a_loss(self) -> Fitting:
        if not any((*self.losses.values(), self.outcome_weight, self.span_weight)):
            raise ValueError("losses: at least one of them needs a weight above 0")
        return self

    @property
    def weights(self) -> dict[str, float]:
        """All terms of the loss that count."""
        heads = {"outcome": self.outcome_weight, "span": self.span_weight}
        return {name: weight for name, weight in (*self.losses.items(), *heads.items()) if weight}

    @property
    def pairs_alone(self) -> bool:
        """Whether a candidate that is in no pair says nothing."""
        return set(self.weights) == {"bradley_terry"}
