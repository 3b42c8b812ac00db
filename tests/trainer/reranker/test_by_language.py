import numpy as np
import pytest

from rewards.reranking.pools import Candidate, Pool
from trainer.reranker.by_language import average, average_gain, problem, table
from trainer.statistics import Estimate


def pool(name, language, *passes):
    """Candidates that are the longer the later they come."""
    candidates = tuple(Candidate("x" * (i + 1), p) for i, p in enumerate(passes))
    return Pool(name, "p", candidates, language)


def shortest(found):
    return [-len(each.completion) for each in found.candidates]


def all_alike(found):
    return np.zeros(len(found.candidates))


POOLS = [
    pool("a/cpp", "cpp", True, False),
    pool("b/cpp", "cpp", False, True),
    pool("a/sh", "bash", True, True, False, False),
    pool("b/sh", "bash", False, False, False, True),
    pool("c/sh", "bash", True, None),
]


def row(found, ranker, model="m"):
    [each] = [each for each in found.rows if (each.model, each.ranker) == (model, ranker)]
    return each


def means(cells):
    return {language: round(cell.mean, 6) for language, cell in cells.items()}


def test_cells_are_means_over_problems_and_the_average_is_one_over_languages():
    found = table({"m": POOLS}, {"shortest": shortest})
    assert found.languages == ("cpp", "bash")
    assert [(each.ranker) for each in found.rows] == ["random", "shortest", "oracle"]
    # bash: chances 1/2, 1/4 and 1; the candidate that nobody judged is no candidate
    assert means(row(found, "random").cells) == {"cpp": 0.5, "bash": round(7 / 12, 6)}
    assert means(row(found, "shortest").cells) == {"cpp": 0.5, "bash": round(2 / 3, 6)}
    assert means(row(found, "oracle").cells) == {"cpp": 1.0, "bash": 1.0}
    # languages count alike, whatever the number of their problems
    assert row(found, "shortest").average.mean == pytest.approx((1 / 2 + 2 / 3) / 2)
    # a and c gain 1/2 and 0, b loses 1/4 in bash; a gains and b loses 1/2 in cpp
    assert means(row(found, "shortest").gains) == {"cpp": 0.0, "bash": round((1 / 2 - 1 / 4 + 0) / 3, 6)}
    assert row(found, "shortest").gained.mean == pytest.approx(1 / 24)
    assert row(found, "random").gained is None
    bash = found.columns["m"]["bash"]
    assert (bash.measured, bash.mixed, bash.left_out, bash.unjudged, bash.why) == (3, 2, 0, 1, "")


def test_the_best_of_n_leaves_out_problems_with_fewer():
    found = table({"m": POOLS}, {"shortest": shortest}, n=2)
    # of four with the first two right: chance that the shortest of two drawn is one of them, 1 - C(2,2)/C(4,2)
    assert row(found, "shortest").cells["bash"].mean == pytest.approx((5 / 6 + 0) / 2)
    assert row(found, "oracle").cells["bash"].mean == pytest.approx((5 / 6 + 1 / 2) / 2)
    assert found.columns["m"]["bash"].left_out == 1
    assert table({"m": POOLS}, {}, n=3).columns["m"]["cpp"].why == "no problem has 3 candidates"


def test_equal_scores_choose_as_chance_does():
    found = table({"m": POOLS}, {"alike": all_alike})
    assert row(found, "alike").gained == Estimate(0.0, 0.0, 0.0)


def test_another_ranker_may_be_what_the_others_are_compared_with():
    found = table(
        {"m": POOLS}, {"shortest": shortest, "longest": lambda each: -np.array(shortest(each))}, against="longest"
    )
    # longest picks the wrong one of a and the right one of b in cpp; of bash's only b's, and the one of c
    assert row(found, "shortest").gained.mean == pytest.approx(((1 - 1) / 2 + (1 - 1 + 0) / 3) / 2)
    assert row(found, "oracle").gained.mean == pytest.approx((1 / 2 + 1 / 3) / 2)
    with pytest.raises(ValueError, match="cannot compare with 'shortets': the rows are random, shortest, oracle"):
        table({"m": POOLS}, {"shortest": shortest}, against="shortets")


def test_a_language_that_nobody_could_judge_is_empty_and_no_zero():
    unjudged = [pool("a/jl", "julia", None, None), pool("b/jl", "julia", None, None)]
    found = table({"m": [*POOLS, *unjudged]}, {"s": shortest}, languages=["julia", "dart"], why={"julia": "no julia"})
    assert found.averaged == ("cpp", "bash")
    assert "julia" not in row(found, "s").cells
    assert found.columns["m"]["julia"].why == "no julia"
    assert found.columns["m"]["dart"].why == "no pool of it was given"
    assert found.languages == ("julia", "dart", "cpp", "bash")
    assert table({"m": [*POOLS, *unjudged]}, {}).columns["m"]["julia"].why == "no candidate could be judged"
    with pytest.raises(ValueError, match="nothing can be measured"):
        table({"m": unjudged}, {})


def test_averages_are_over_the_languages_of_all_models():
    other = [pool("a/cpp", "cpp", True), pool("b/cpp", "cpp", False)]
    found = table({"m": POOLS, "single": other}, {"shortest": shortest})
    assert found.averaged == ("cpp",)
    assert row(found, "shortest").average.mean == 0.5
    # one candidate each: there is nothing to order
    assert [each.ranker for each in found.rows if each.model == "single"] == ["only one"]
    assert row(found, "only one", "single").average.mean == 0.5


def test_a_problem_is_the_same_in_all_languages():
    assert problem("HumanEval_0_x/cpp", "cpp") == problem("HumanEval_0_x/cs", "csharp") == "HumanEval_0_x"
    assert problem("a/b", "python") == "a/b"
    with pytest.raises(ValueError, match="'a' is there twice in cpp"):
        table({"m": [*POOLS, pool("a", "cpp", True)]}, {})


def test_the_average_resamples_problems_and_not_cells():
    # every problem fares alike in all languages: the languages say nothing that the first one does not
    once = {"cpp": {str(i): float(i % 2) for i in range(40)}}
    copies = {language: once["cpp"] for language in ("cpp", "bash", "java", "php")}
    one, four = average(once, ["cpp"]), average(copies, list(copies))
    assert (one.low, one.high) == pytest.approx((four.low, four.high))
    assert one.mean == four.mean == 0.5
    # sqrt(1/4 / 40) is 0.079, of which the interval has 1.96 on either side
    assert one.low == pytest.approx(0.5 - 0.155, abs=0.03)
    # languages that contradict each other leave no doubt
    mirrored = {"cpp": once["cpp"], "bash": {name: 1 - value for name, value in once["cpp"].items()}}
    none = average_gain(dict.fromkeys(mirrored, dict.fromkeys(once["cpp"], 0.0)), mirrored, list(mirrored))
    assert (none.mean, none.low, none.high) == (0.5, 0.5, 0.5)


def test_an_average_is_of_what_is_there():
    cells = {"cpp": {"a": 1.0, "b": 0.0}, "bash": {"b": 1.0}}
    assert average(cells, ["cpp", "bash"]).mean == pytest.approx(0.75)
    assert average(cells, ["cpp", "java"]) is None
    assert average(cells, []) is None
    # forty problems, each in a language of its own: no resample has all of them
    apart = {str(i): {str(i): 1.0 - i % 2} for i in range(40)}
    assert average(apart, list(apart)) is None
    # where all are alike a bootstrap would claim certainty
    assert average({"cpp": {"a": 0.0, "b": 0.0}}, ["cpp"]).high == pytest.approx(0.6576, abs=1e-3)
    # a gain is of the problems that both have
    assert average_gain({"cpp": {"a": 0.0, "c": 1.0}}, cells, ["cpp"]).mean == 1.0
