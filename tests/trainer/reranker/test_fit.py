from __future__ import annotations

import pytest

from trainer.reranker.fit import Fitting, fit
from trainer.reranker.measures import measure

FAST = {"learning_rate": 3e-3}


@pytest.mark.parametrize("loss", ["bradley_terry", "cross_entropy", "listwise", "mml", "pass_at_k"])
def test_a_scorer_learns_the_order_of_pools_that_it_never_saw(scorer, toys, loss):
    model, unseen = scorer(), toys(20, seed=2)
    before = measure(unseen, model).means["pairwise_accuracy"].mean
    settings = Fitting(losses={loss: 1.0}, epochs=3, pools=4, optimizer=FAST, head_learning_rate=1e-2)
    fit(model, toys(40, seed=1), settings)
    assert before < 0.8
    assert measure(unseen, model).means["pairwise_accuracy"].mean > 0.95
