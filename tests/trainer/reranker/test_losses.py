import math

import pytest
import torch

from trainer.reranker import losses


def vector(*values):
    return torch.tensor(values, dtype=torch.float64)


def log1pexp(x):
    return math.log1p(math.exp(x))


def test_pairs_are_told_apart_by_their_difference():
    found = losses.bradley_terry(vector(2.0, 0.0), vector(1.0, 1.0))
    assert found.item() == pytest.approx((log1pexp(-1.0) + log1pexp(1.0)) / 2)


def test_a_margin_is_what_the_difference_has_to_exceed():
    found = losses.bradley_terry(vector(2.0), vector(1.0), margin=vector(0.5))
    assert found.item() == pytest.approx(log1pexp(-0.5))


def test_weights_are_relative():
    better, worse = vector(2.0, 0.0), vector(1.0, 1.0)
    expected = (3 * log1pexp(-1.0) + 1 * log1pexp(1.0)) / 4
    for weights in (vector(3.0, 1.0), vector(0.75, 0.25)):
        assert losses.bradley_terry(better, worse, weights=weights).item() == pytest.approx(expected)
    assert losses.bradley_terry(better, worse, weights=vector(0.0, 0.0)).item() == 0.0


def test_centring_keeps_scores_around_zero():
    found = losses.bradley_terry(vector(3.0), vector(1.0), centring=0.01)
    assert found.item() == pytest.approx(log1pexp(-2.0) + 0.01 * 16)


def test_classes_that_are_rare_count_as_much():
    labels = torch.tensor([0, 0, 0, 2])
    weights = losses.inverse_frequency(labels, 4)
    assert weights.tolist() == pytest.approx([4 / (2 * 3), 0.0, 4 / (2 * 1), 0.0])
    assert sum(weights[label].item() for label in labels) == pytest.approx(4.0)


def test_the_class_of_an_outcome():
    logits = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    found = losses.cross_entropy(logits, torch.tensor([0, 1]), class_weights=torch.tensor([1.0, 3.0]))
    assert found.item() == pytest.approx((1 * log1pexp(-1.0) + 3 * math.log(2)) / 4)


def test_where_the_charges_are():
    logits = torch.tensor([[0.0, 2.0, 9.0], [1.0, 9.0, 9.0], [9.0, 9.0, 9.0]])
    charged = torch.tensor([[False, True, False], [False, False, False], [True, True, True]])
    mask = torch.tensor([[True, True, False], [True, False, False], [False, False, False]])
    first = (math.log(2) + log1pexp(-2.0)) / 2
    assert losses.spans(logits, charged, mask).tolist() == pytest.approx([first, log1pexp(1.0), 0.0])


POOLS = torch.tensor([0, 0, 0, 0, 1, 1, 2])
PASSED = torch.tensor([True, True, False, False, True, True, False])
SCORES = vector(2.0, 0.0, 1.0, -1.0, 5.0, 6.0, 7.0)
"""Only pool 0 has something to choose."""


def test_a_list_is_one_right_against_all_wrong():
    rest = math.exp(1.0) + math.exp(-1.0)
    expected = (-math.log(math.exp(2) / (math.exp(2) + rest)) - math.log(1 / (1 + rest))) / 2
    assert losses.listwise(SCORES, PASSED, POOLS).item() == pytest.approx(expected)


def test_marginal_likelihood_is_the_mass_of_all_that_pass():
    right = math.exp(2.0) + 1.0
    expected = -math.log(right / (right + math.exp(1.0) + math.exp(-1.0)))
    assert losses.marginal(SCORES, PASSED, POOLS).item() == pytest.approx(expected)


def test_pass_at_k_asks_for_one_above_the_kth_wrong():
    assert losses.pass_at_k(SCORES, PASSED, POOLS, k=1).item() == pytest.approx(log1pexp(1.0 - 2.0))
    assert losses.pass_at_k(SCORES, PASSED, POOLS, k=2).item() == pytest.approx(log1pexp(-1.0 - 2.0))
    assert losses.pass_at_k(SCORES, PASSED, POOLS, k=1, margin=0.5).item() == pytest.approx(log1pexp(-0.5))
    assert losses.pass_at_k(SCORES, PASSED, POOLS, k=3).item() == 0.0
    with pytest.raises(ValueError, match="at least 1"):
        losses.pass_at_k(SCORES, PASSED, POOLS, k=0)


def test_every_problem_counts_alike():
    scores = vector(0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0)
    passed = torch.tensor([True, False, True, False, False, False, False])
    pools = torch.tensor([0, 0, 1, 1, 1, 1, 1])
    expected = (math.log(2) - math.log(math.e / (math.e + 4))) / 2
    assert losses.listwise(scores, passed, pools).item() == pytest.approx(expected)
    assert losses.marginal(scores, passed, pools).item() == pytest.approx(expected)


@pytest.mark.parametrize("loss", [losses.listwise, losses.marginal, losses.pass_at_k])
def test_nothing_to_choose_is_nothing_to_learn(loss):
    scores = vector(1.0, 2.0).requires_grad_()
    found = loss(scores, torch.tensor([True, True]), torch.tensor([0, 0]))
    found.backward()
    assert (found.item(), scores.grad.tolist()) == (0.0, [0.0, 0.0])


@pytest.mark.parametrize("loss", [losses.listwise, losses.marginal, losses.pass_at_k])
def test_learning_raises_what_passes_above_what_does_not(loss):
    scores = vector(0.0, 0.0, 0.1, 0.1).requires_grad_()
    passed, pools = torch.tensor([True, False, False, True]), torch.tensor([0, 0, 1, 1])
    for _ in range(200):
        (gradient,) = torch.autograd.grad(loss(scores, passed, pools), scores)
        scores = (scores - 0.5 * gradient).detach().requires_grad_()
    assert scores[0] > scores[1] + 1
    assert scores[3] > scores[2] + 1
