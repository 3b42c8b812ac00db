import numpy as np
import pytest

from analyzers.types import Diagnostic, Kind, Location, Severity, Span
from rewards.reranking.pools import Candidate, Pool
from rewards.reranking.recipes import BadRecipe, parse, verdicts
from rewards.reranking.scores import BadScores
from rewards.types import Charge


def finding(amount):
    found = Diagnostic("pyflakes", "F821", Severity.HIGH, "m", Span(0, 1), Kind.NAME, Location.SPAN)
    return (Charge(found, Span(0, 1), amount),)


A = Candidate("a", logprob=-1.0, findings=finding(-0.2), answers=("1", "2"), public=False)
B = Candidate("b", logprob=-2.0, findings=(), answers=("1", "2"), public=True)
C = Candidate("c", answers=("1", None), public=None)
POOL = Pool("t", "p", (A, B, C))


def scores(text, pool=POOL, scorer=None, **seed):
    return parse(text).rank(scorer, **seed)(pool).tolist()


def rated(*values):
    return lambda pool: list(values)


def test_terms_are_summed_with_their_weights():
    assert scores("scorer:2, logprob:0.5", scorer=rated(1, 2, 3)) == [1.5, 3.0, 5.25]  # the log-prob of c is the mean
    assert scores("scorer,findings:10", scorer=rated(0, 0, 0)) == pytest.approx([-2.0, 0.0, -1.0])
    assert scores("scorer:-1", scorer=rated(1, 2, 3)) == [-1, -2, -3]


def test_answers_give_clusters():
    assert scores("votes") == [2, 2, 1]
    assert scores("mbr") == [-1, -1, -2]
    # tests: (0, "1"), (1, "2"); a and b pass both, c one
    assert scores("codet") == pytest.approx([2 * 2**0.5, 2 * 2**0.5, 1.0])
    assert scores("srank") == [1 + 1 + 0.5, 1 + 1 + 0.5, 0.5 + 0.5 + 0.5]


def test_steps_come_last_whatever_their_place_in_the_text():
    for text in ("public,summed,scorer", "scorer,summed,public"):
        assert str(parse(text)) == "scorer,summed,public"
    # a and b come to log(1 + 1), c to 0; then a fails what is shown
    assert scores("public,summed,scorer", scorer=rated(0, 0, 0)) == [1 - 2, 1, 0]
    assert scores("scorer,public", scorer=rated(3, 1, 2)) == [2 - 3, 0, 1]
    assert scores("public") == [-1, 0, 0]


def test_random_depends_on_seed_and_problem_alone():
    many = Pool("t", "p", (A,) * 50)
    assert sorted(scores("random", many)) == list(range(50))
    assert scores("random", many) == scores("random", many)
    assert scores("random", many) != scores("random", many, seed=1)
    assert scores("random", many) != scores("random", Pool("\ud800", "p", (A,) * 50))


def test_every_answer_of_anybody_may_be_the_right_one():
    found = verdicts([("1", None), ("1", "2"), ("3", "2")])
    assert found.tolist() == [[True, False, False], [True, False, True], [False, True, True]]
    assert verdicts([(), ()]).shape == (2, 0)


def test_without_answers_clusters_say_nothing():
    pool = Pool("t", "p", (Candidate("a"), Candidate("b")))
    for name in ("votes", "codet", "srank", "summed", "logprob", "findings", "public"):
        assert scores(name, pool) == [0.0, 0.0]
    assert parse("votes,logprob:2,findings,random,summed,public").lacking([pool]) == [
        "votes", "logprob", "findings", "summed", "public",
    ]  # fmt: skip
    assert parse("votes,logprob,findings,public,summed,scorer").lacking([pool, POOL]) == []


def test_no_candidates_have_no_scores():
    empty = Pool("t", "p", ())
    text = "scorer,logprob,findings,votes,codet,srank,mbr,random,summed,public"
    assert scores(text, empty, scorer=rated(1)) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("scorers", "unknown part 'scorers' of an order; did you mean 'scorer'"),
        ("", "unknown part ''"),
        ("scorer,,public", "unknown part ''"),
        ("logprob,logprob:2", "there twice"),
        ("logprob:much", "must be a number, got 'much'"),
        ("logprob:nan", "must be a number"),
        ("logprob:", "must be a number"),
        ("public:2", "has no weight"),
    ],
)
def test_what_no_order_can_be_made_of(text, why):
    with pytest.raises(BadRecipe, match=why):
        parse(text)


def test_a_scorer_must_be_there_and_give_numbers():
    with pytest.raises(BadRecipe, match="there is none"):
        scores("scorer")
    with pytest.raises(BadScores, match="expected 3 scores"):
        scores("scorer", scorer=rated(1, 2))
    with pytest.raises(BadScores, match="candidate 1 is NaN"):
        scores("scorer", scorer=rated(1, np.nan, 3))


def test_answers_to_other_inputs_cannot_be_compared():
    with pytest.raises(BadRecipe, match="not given the same inputs"):
        scores("votes", Pool("t", "p", (A, Candidate("b", answers=("1",)))))
