import pytest

from analyzers.types import Diagnostic, Kind, Location, Severity, Span
from rewards.reranking.pools import Candidate, Kinds, Pool, kinds, normal
from rewards.types import Charge


def charge(amount):
    found = Diagnostic("pyflakes", "F821", Severity.HIGH, "m", Span(0, 1), Kind.NAME, Location.SPAN)
    return Charge(found, Span(0, 1), amount)


def pool(*candidates):
    return Pool("t", "p", candidates)


def test_what_analyzers_charge_is_counted_from_0_up_and_unknown_is_not_clean():
    assert Candidate("x", findings=(charge(-0.1), charge(-0.05))).charged == pytest.approx(0.15)
    assert Candidate("x", findings=()).charged == 0.0
    assert Candidate("x").charged is None


def test_what_nobody_could_judge_counts_as_not_passed_until_it_is_left_out():
    found = pool(Candidate("a", passed=True), Candidate("b"), Candidate("c", passed=False, pass_rate=0.5))
    assert found.passed.tolist() == [True, False, False]
    assert found.rates.tolist() == [1.0, 0.0, 0.5]
    assert [each.completion for each in found.judged().candidates] == ["a", "c"]
    assert pool(Candidate("a", passed=True, pass_rate=None)).rates.tolist() == [1.0]


def test_of_equal_completions_the_first_is_kept():
    found = pool(Candidate("a \n"), Candidate("a", passed=True), Candidate(" a"), Candidate("a\n\n"))
    assert [each.completion for each in found.distinct().candidates] == ["a \n", " a"]
    assert pool().distinct().candidates == ()


def test_white_space_at_ends_makes_no_difference_and_other_space_does():
    assert normal("a  \n b\t\n\n") == "a\n b"
    assert normal("a\n\nb") != normal("a\nb")
    assert normal(" a") != normal("a")


def test_there_is_a_choice_where_some_pass_and_some_do_not():
    right, wrong, unknown = (Candidate("x", passed=each) for each in (True, False, None))
    assert pool(right, wrong).mixed
    assert pool(right, unknown).mixed
    assert not pool(right, right).mixed
    assert not pool(wrong, unknown).mixed
    assert not pool().mixed


def test_pools_are_counted_apart_by_whether_a_choice_matters():
    right, wrong = (Candidate("x", passed=each) for each in (True, False))
    found = kinds([pool(right, wrong), pool(right), pool(wrong), pool(wrong, wrong), pool()])
    assert found == Kinds(mixed=1, all_right=1, all_wrong=2, empty=1)
    assert kinds([]) == Kinds(0, 0, 0, 0)
