from __future__ import annotations

import copy
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from analyzers.types import Diagnostic, Kind, Outcome, Severity, Span
from rewards.reranking.pools import Candidate, Pool
from rewards.types import Charge
from trainer import checkpoint
from trainer.outcomes import CLASSES
from trainer.reranker import fit as fitting
from trainer.reranker.fit import Broken, Fitting, fit
from trainer.reranker.measures import measure
from trainer.reranker.model import RewardModel
from trainer.reranker.pairs import Rules
from trainer.reranker.ranking import BadScores

FAST = {"optimizer": {"learning_rate": 3e-3}, "head_learning_rate": 1e-2, "pools": 4}


def charge(start, end, kind=Kind.NAME):
    found = Diagnostic("lint", "x", Severity.HIGH, "", Span(start, end), kind)
    return Charge(found, Span(start, end), -1.0)


def accuracy(model, pools):
    return measure(pools, model).means["pairwise_accuracy"].mean


def weights_of(model):
    return {name: weight.clone() for name, weight in model.module.state_dict().items()}


def same(one, other):
    assert one.keys() == other.keys()
    return all(torch.equal(one[name], other[name]) for name in one)


def softplus(x):
    return math.log1p(math.exp(x))


@pytest.mark.parametrize("loss", ["bradley_terry", "cross_entropy", "listwise", "mml", "pass_at_k"])
def test_a_scorer_learns_the_order_of_pools_that_it_never_saw(scorer, toys, loss):
    model, unseen = scorer(), toys(20, seed=2)
    assert accuracy(model, unseen) < 0.8
    fit(model, toys(30, seed=1), Fitting(losses={loss: 1.0}, epochs=3, **FAST))
    assert accuracy(model, unseen) > 0.95


RATES = (1.0, 0.5, 0.0, 1.0)
POOL = Pool("t", "p:", tuple(Candidate("abcd"[place] * 3, rate == 1, rate) for place, rate in enumerate(RATES)))
PAIRS = ((0, 1, 0.5), (0, 2, 1.0), (3, 1, 0.5), (3, 2, 1.0))


def first_terms(model, settings, pool=POOL):
    told = []
    fit(model, [pool], settings, on_step=told.append)
    return told[0]


def test_the_first_loss_of_pairs_is_that_of_their_scores(scorer):
    model = scorer()
    s = model(POOL)
    plain = np.mean([softplus(s[worse] - s[better]) for better, worse, _ in PAIRS])
    assert first_terms(scorer(), Fitting(epochs=1)).terms == {"bradley_terry": pytest.approx(plain, abs=1e-6)}
    shaped = Fitting(epochs=1, margin=2.0, margin_by_gap=True, weigh_by_gap=True, centring=0.1)
    expected = sum(gap * softplus(s[worse] - s[better] + 2 * gap) for better, worse, gap in PAIRS) / 3.0
    expected += 0.1 * np.mean([(s[better] + s[worse]) ** 2 for better, worse, _ in PAIRS])
    assert first_terms(scorer(), shaped).loss == pytest.approx(expected, abs=1e-6)


def test_the_first_losses_of_candidates_and_pools_are_those_of_their_scores(scorer):
    s = scorer()(POOL)
    names = ("cross_entropy", "listwise", "mml", "pass_at_k")
    made = first_terms(scorer(), Fitting(losses={name: 0.5 for name in names}, epochs=1, k=2, margin=0.3))
    right, wrong = s[[0, 3]], s[[1, 2]]
    rest = math.log(sum(map(math.exp, wrong)))
    expected = {
        "cross_entropy": np.mean([*map(softplus, -right), *map(softplus, wrong)]),
        "listwise": np.mean([np.logaddexp(each, rest) - each for each in right]),
        "mml": math.log(sum(map(math.exp, s))) - math.log(sum(map(math.exp, right))),
        "pass_at_k": softplus(0.3 + min(wrong) - max(right)),
    }
    assert made.terms == {name: pytest.approx(value, abs=1e-6) for name, value in expected.items()}
    assert made.loss == pytest.approx(0.5 * sum(expected.values()), abs=1e-6)


def test_classes_that_are_rare_count_as_much_unless_that_is_not_wanted(scorer):
    three = replace(POOL, candidates=POOL.candidates[:3])
    s = scorer()(three)
    right, wrong = softplus(-s[0]), [softplus(s[1]), softplus(s[2])]
    for weighs, expected in ((True, (1.5 * right + 0.75 * sum(wrong)) / 3), (False, (right + sum(wrong)) / 3)):
        made = first_terms(
            scorer(), Fitting(losses={"cross_entropy": 1.0}, class_weights=weighs, epochs=1), three
        )  # fmt: skip
        assert made.loss == pytest.approx(expected, abs=1e-6)


def test_the_heads_are_told_the_outcome_and_where_it_went_wrong(scorer):
    shape = {"outcomes": True, "spans": True}
    pool = Pool(
        "t", "p:",
        (
            Candidate("abc", True, outcome=Outcome.PASS),
            Candidate("ab", False, outcome=Outcome.TIMEOUT, blame=(charge(1, 2),)),
            Candidate("x", False),
        ),
    )  # fmt: skip
    readings = scorer(**shape).read(pool)
    made = first_terms(
        scorer(**shape), Fitting(losses={}, outcome_weight=2.0, span_weight=3.0, epochs=1), pool
    )  # fmt: skip
    passed, error = CLASSES.index(Outcome.PASS), CLASSES.index(Outcome.ERROR)
    outcome = -(math.log(readings[0].outcomes[passed]) + math.log(readings[1].outcomes[error])) / 2
    clean = -np.log(1 - readings[0].blame).mean()
    blame = readings[1].blame
    span = (clean - (math.log(1 - blame[0]) + math.log(blame[1]) + math.log(1 - blame[2])) / 3) / 2
    assert made.terms == {"outcome": pytest.approx(outcome, abs=1e-5), "span": pytest.approx(span, abs=1e-5)}
    assert made.loss == pytest.approx(2 * outcome + 3 * span, abs=1e-5)


def test_heads_learn_what_went_wrong_and_where(scorer, toys):
    def labelled(pool):
        def one(each):
            place = each.completion.find("-")
            blame = () if each.passed else (charge(place, place + 1),)
            return replace(each, outcome=Outcome.PASS if each.passed else Outcome.FAILURE, blame=blame)

        return replace(pool, candidates=tuple(map(one, pool.candidates)))

    model = scorer(outcomes=True, spans=True)
    settings = Fitting(losses={}, outcome_weight=1.0, span_weight=1.0, epochs=6, **FAST)
    fit(model, [labelled(pool) for pool in toys(30, seed=1)], settings)
    for pool in toys(4, seed=2):
        for each, reading in zip(pool.candidates, model.read(pool), strict=True):
            assert reading.outcomes.argmax() == CLASSES.index(Outcome.PASS if each.passed else Outcome.FAILURE)
            if not each.passed:
                assert reading.blame.argmax() == each.completion.find("-")


def test_what_analyzers_find_is_learned_from_where_it_is_read(scorer, toys):
    def told(pool):
        found = (replace(each, completion=f"{number}", findings=() if each.passed else (charge(0, 1),))
                 for number, each in enumerate(pool.candidates))  # fmt: skip
        return replace(pool, candidates=tuple(found))

    unseen = [told(pool) for pool in toys(20, seed=2)]
    settings = Fitting(epochs=10, train_trunk=False, head_learning_rate=0.05)
    for static in (True, False):
        model = scorer(static=static)
        fit(model, [told(pool) for pool in toys(30, seed=1)], settings)
        assert (accuracy(model, unseen) > 0.95) is static


def test_a_candidate_is_read_once_in_a_step_whatever_the_number_of_its_pairs(scorer):
    model, read = scorer(), []
    states = model.trunk.states
    model.trunk.states = lambda rows: read.extend(rows) or states(rows)
    assert fit(model, [POOL], Fitting(epochs=1)).counts.pairs == 4
    assert len(read) == 4


def test_memory_for_one_pass_gives_the_same_as_for_all(scorer, toys):
    shape = {"outcomes": True, "spans": True, "pooling": "mean"}
    weights = {"losses": {"bradley_terry": 1.0, "mml": 0.5}, "outcome_weight": 0.5, "span_weight": 0.5}
    pools = [
        replace(pool, candidates=tuple(
            replace(each, outcome=Outcome.PASS if each.passed else Outcome.ERROR,
                    blame=() if each.passed else (charge(0, 2),))
            for each in pool.candidates
        ))
        for pool in toys(4, seed=1)
    ]  # fmt: skip
    steps, found = [], []
    assert 100 < scorer().tokens([row for pool in pools for row in scorer().rows(pool)]) < 1000
    for held in (1000, 100):
        model = scorer(**shape)
        settings = Fitting(
            epochs=1, pools=4, held_tokens=held, optimizer={"learning_rate": 1e-3, "micro_batch_tokens": 60}, **weights
        )
        fit(model, pools, settings, on_step=steps.append)
        found.append(np.concatenate(list(model.rate(pools))))
    assert steps[0].grad_norm == pytest.approx(steps[1].grad_norm, rel=1e-4)
    assert steps[0].terms == pytest.approx(steps[1].terms, rel=1e-4)
    assert found[0] == pytest.approx(found[1], abs=1e-3)


def test_what_there_is_nothing_to_learn_from_is_counted(scorer):
    good, bad, unknown = Candidate("a", True), Candidate("b", False), Candidate("c")
    long = Candidate("d" * 200, False)
    pools = [Pool(str(number), "p", candidates) for number, candidates in enumerate(
        [(good, bad, long), (good,), (bad, bad), (unknown,), (), (good, good, bad, unknown)]
    )]  # fmt: skip
    counts = fit(scorer(), pools, Fitting(epochs=1)).counts
    assert counts == fitting.Counts(
        pools=2, pairs=3, without_positive=3, without_negative=1, unjudged=2, duplicates=2, cut=1
    )
    every = fit(scorer(), pools, Fitting(epochs=1, losses={"cross_entropy": 1.0})).counts
    assert every.pools == 4


@pytest.mark.parametrize("pools", [[], [Pool("t", "p", (Candidate("a", True),))]])
def test_without_anything_to_learn_from_nothing_changes(scorer, pools, tmp_path):
    model = scorer()
    before = weights_of(model)
    found = fit(model, pools, folder=tmp_path / "fit")
    assert (found.steps, found.epochs, found.counts.pools) == (0, (), 0)
    assert same(weights_of(model), before)


def test_hard_negatives_are_those_of_the_model_as_it_comes(scorer, toys):
    pools = toys(6, seed=1)
    settings = Fitting(epochs=1, pairs=Rules(hard=0.5))
    fewer, all_ = fit(scorer(), pools, settings).counts.pairs, fit(scorer(), pools, Fitting(epochs=1)).counts.pairs
    assert 0 < fewer < all_
    model = scorer()
    with torch.no_grad():
        model.heads.score.bias.fill_(float("nan"))
    with pytest.raises(BadScores):
        fit(model, pools, settings)


class Killed(RuntimeError):
    """As if the process had ended."""


SLOW = Fitting(epochs=2, pools=4, save_every=3, optimizer={"learning_rate": 1e-3})


@pytest.mark.parametrize("frozen", [False, True])
def test_a_fit_goes_on_as_if_it_had_never_stopped(scorer, toys, tmp_path, frozen):
    settings, pools = SLOW.model_copy(update={"train_trunk": not frozen}), toys(16, seed=1)
    whole = scorer()
    expected = fit(whole, pools, settings, seed=5)
    assert expected.steps == 8

    model, steps = scorer(), []
    step = model.judge

    def dies(rows):
        if len(steps) == 5:
            raise Killed
        return step(rows)

    model.judge = dies
    with pytest.raises(Killed):
        fit(model, pools, settings, seed=5, folder=tmp_path, on_step=steps.append)
    assert checkpoint.latest(tmp_path).name == "step-000003"

    again = scorer()
    found = fit(again, pools, settings, seed=5, folder=tmp_path, on_step=steps.append)
    assert [each.number for each in steps] == [1, 2, 3, 4, 5, 4, 5, 6, 7, 8]
    assert found == expected
    assert same(weights_of(again), weights_of(whole))

    done = scorer()
    assert fit(done, pools, settings, seed=5, folder=tmp_path) == expected
    assert same(weights_of(done), weights_of(whole))
    assert same(weights_of(RewardModel.load(tmp_path / "latest" / "model")), weights_of(whole))


def test_who_breaks_off_loses_nothing(scorer, toys, tmp_path):
    pools, whole = toys(16, seed=1), scorer()
    fit(whole, pools, SLOW)

    def interrupt(made):
        if made.number == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(scorer(), pools, SLOW, folder=tmp_path, on_step=interrupt)
    assert checkpoint.latest(tmp_path).name == "step-000005"
    again = scorer()
    fit(again, pools, SLOW, folder=tmp_path)
    assert same(weights_of(again), weights_of(whole))


@pytest.mark.parametrize("broken", ["loss", "gradient"])
def test_a_loss_that_is_no_number_ends_it_with_the_weights_before(scorer, toys, tmp_path, monkeypatch, broken):
    pools, calls, whole = toys(16, seed=1), [], fitting.losses.bradley_terry

    def breaks(better, worse, **options):
        calls.append(1)
        if len(calls) != 3:
            return whole(better, worse, **options)
        return better.sum() * float("nan") if broken == "loss" else (better * 0).abs().sqrt().sum()

    monkeypatch.setattr(fitting.losses, "bradley_terry", breaks)
    model, told = scorer(), []
    with pytest.raises(
        Broken, match=rf"{broken} of step 3 is no number \(.*nan\); problems: t\d+, .* and 1 more; the "
    ):
        fit(model, pools, SLOW, folder=tmp_path, on_step=lambda made: told.append(weights_of(model)))
    assert same(weights_of(model), told[-1])
    assert checkpoint.latest(tmp_path).name == "step-000002"
    monkeypatch.undo()
    assert fit(scorer(), pools, SLOW, folder=tmp_path).steps == 8


def test_a_folder_of_another_fit_is_refused(scorer, toys, tmp_path):
    pools = toys(4, seed=1)
    fit(scorer(), pools, SLOW, folder=tmp_path)
    changed = SLOW.model_copy(update={"save_every": 1})
    assert fit(scorer(), pools, changed, folder=tmp_path).steps == 2
    for others, settings, seed in (
        (toys(4, seed=2), SLOW, 0),
        ([replace(pool, candidates=pool.candidates[::-1]) for pool in pools], SLOW, 0),
        (pools, SLOW, 1),
        (pools, SLOW.model_copy(update={"epochs": 3}), 0),
    ):
        with pytest.raises(ValueError, match="checkpoints of another fit"):
            fit(scorer(), others, settings, seed=seed, folder=tmp_path)
    with pytest.raises(ValueError, match="checkpoints of another fit"):
        fit(scorer(seed=3), pools, SLOW, folder=tmp_path)
    (tmp_path / "latest" / "state.pt").write_bytes(b"")
    with pytest.raises(checkpoint.BadCheckpoint, match="step-000002"):
        fit(scorer(), pools, SLOW, folder=tmp_path)


def test_a_frozen_trunk_stays_as_it_is(scorer, toys):
    model = scorer(pooling="mean")
    before = copy.deepcopy(model.trunk.state_dict())
    heads = copy.deepcopy(model.heads.state_dict())
    fit(model, toys(8, seed=1), Fitting(epochs=2, train_trunk=False))
    assert same(model.trunk.state_dict(), before)
    assert not same(model.heads.state_dict(), heads)


def test_a_head_that_is_not_there_cannot_learn(scorer, toys):
    with pytest.raises(ValueError, match="load it with spans=True"):
        fit(scorer(), toys(2, seed=1), Fitting(span_weight=1.0))
    with pytest.raises(ValueError, match="at least one of them"):
        Fitting(losses={})
    with pytest.raises(ValueError, match="listwise"):
        Fitting(losses={"lambda": 1.0})
