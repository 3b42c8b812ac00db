from trainer.tasks.augment.cover import cover
from trainer.tasks.augment.diversity import features
from trainer.tasks.augment.form import Case


def sets(*groups):
    return [frozenset(group) for group in groups]


def test_the_fewest_tests_that_catch_all():
    assert cover(sets("ab", "abc", "d", "cd", "")) == [1, 2]


def test_each_is_caught_as_often_as_it_can_be_up_to_the_depth():
    assert sorted(cover(sets("a", "a", "a", "b"), depth=2)) == [0, 1, 3]


def test_no_more_than_are_wanted_and_those_that_catch_most_come_first():
    assert cover(sets("a", "bcd", "ef"), most=2) == [1, 2]
    assert cover(sets("a"), most=0) == []
    assert cover([]) == []


def test_features_tell_kinds_of_inputs_apart():
    tied, apart = features(Case(([2, 2, 1],), True)), features(Case(([1, 2, 5],), False))
    assert {"0: equal neighbours", "0: 1 repeated", "0: sorted backwards", "answer True"} <= tied
    assert {"0: no equal neighbours", "0: sorted", "0: the greatest last, the least first"} <= apart - tied
    assert "0: of length 0" in features(Case(("",), 0))
    assert {"0<1", "0=2"} <= features(Case((1, 2, 1), 0))
    assert features(Case(([1, "a"],), 0))
