import json

import pytest

from rewards.reranking.pools import Candidate, Pool
from rewards.reranking.scores import BadScores
from trainer.reranker.reports import compared, notes, page, remembered, tables


def pool(name, *passes):
    return Pool(name, "p", tuple(Candidate("x" * (i + 1), passed) for i, passed in enumerate(passes)))


POOLS = [pool("a", True, False, None), pool("b", False, True), pool("c", False, False), pool("d", True), pool("e")]


def right(found):
    return found.passed.astype(float)


def shortest(found):
    return [-len(each.completion) for each in found.candidates]


def cells(table):
    return {row[0]: row[1:] for row in zip(*(column.cells for column in table.columns), strict=True)}


def test_orders_stand_between_chance_and_oracle():
    found = compared(POOLS, {"short": shortest, "right": right}, sizes=(1, 2))
    best, closed, inside = (cells(each) for each in tables(found, title="t"))
    assert list(best) == ["random choice", "short", "right", "oracle"]
    # of the two problems with two candidates and a right one: chance 1/2 each, and 0 of the third
    assert [best[name][1].split("%")[0] for name in best] == ["33.3", "33.3", "66.7", "66.7"]
    assert closed["right"][1] == "100.0%"
    assert closed["short"][1].startswith("0.0%")
    assert closed["right"][0] == "-"  # of one candidate there is nothing to choose
    assert inside["right"][0].startswith("1.000")
    assert inside["short"][1].startswith("0.500")


def test_what_leaves_no_choice_is_counted_apart():
    told = notes(compared(POOLS, {"short": shortest}))
    assert told[0] == "2 problems leave something to choose; in 1 all candidates pass, in 1 none does"
    assert told[1] == "1 problems have no judged candidate and are left out"
    assert told[2] == "1 candidates could not be judged and are left out"


def test_probabilities_are_measured_on_problems_that_did_not_make_them():
    # Right half of the time whatever is said: what one half of the problems shows does not hold for the other.
    pools = [pool(str(number), number % 2 == 0, number % 2 == 1) for number in range(40)]
    found = compared(pools, {"short": shortest}).rows[0].reliable
    assert found.ece > 0.7
    sure = compared([pool(str(n), True, False) for n in range(40)], {"short": shortest}).rows[0].reliable
    assert sure.ece < 0.01


def test_infinite_scores_are_an_order():
    found = compared(POOLS, {"first": lambda each: [float("inf"), *[float("-inf")] * (len(each.candidates) - 1)]})
    assert 0 <= found.rows[0].reliable.ece <= 1


def test_an_order_is_asked_once_of_each_pool():
    asked = []
    compared(POOLS, {"short": lambda each: asked.append(each) or shortest(each)}, sizes=(1, 2))
    assert len(asked) == 4
    rank = remembered(lambda each: asked.append(each) or shortest(each))
    assert [rank(POOLS[0]), rank(POOLS[0]), rank(pool("a", True))] == [[-1, -2, -3], [-1, -2, -3], [-1]]


def test_the_page_needs_nothing_else_and_shows_a_plot_of_each_order():
    found = compared(POOLS, {"<short>": shortest, "right": right}, sizes=(1, 2))
    text = page(found, title="<t>").decode()
    assert text.count("<svg") == 3
    assert "&lt;short&gt;: said and passed" in text
    assert "<short>" not in text.replace("&lt;short&gt;", "")
    assert "http" not in text.replace("http://www.w3.org", "")
    json.dumps(found.to_json())


def test_nothing_to_compare():
    with pytest.raises(ValueError, match="there is no order"):
        compared(POOLS, {})
    with pytest.raises(ValueError, match="nothing can be measured"):
        compared([pool("a", None)], {"short": shortest})
    with pytest.raises(BadScores):
        compared(POOLS, {"bad": lambda each: [1.0]})
