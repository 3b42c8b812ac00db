from trainer.tasks.augment.execution import Answer, End
from trainer.tasks.augment.symmetry import ambiguous, reordered, unordered


def closest(numbers):
    """The first of the closest pairs of neighbours."""
    pairs = [(abs(a - b), (min(a, b), max(a, b))) for i, a in enumerate(numbers) for b in numbers[i + 1 :]]
    return min(pairs, key=lambda pair: pair[0])[1]


def asked(function):
    def ask(calls):
        return [Answer(End.ANSWERED, function(*given)) for given in calls]

    return ask


CALLS = [([1, 2, 9],), ([5, 1, 2],), ([7, 4, 20, 5],)]


def test_a_list_is_put_into_orders_that_make_other_calls():
    assert reordered(([1, 3, 2], 3), 0) == [([2, 3, 1], 3), ([1, 2, 3], 3), ([3, 2, 1], 3)]
    assert reordered(((1, 2), 3), 0) == [((2, 1), 3), ((2, 1), 3)]
    assert reordered(([1, 1], 3), 0) == []
    assert reordered(("ab", 3), 0) == []


def test_an_order_that_never_matters_is_not_spoken_of():
    ask = asked(closest)
    assert unordered(CALLS, ask(CALLS), ask) == [0]
    new = [([1, 2, 3],), ([1, 2, 4],)]  # of the first, both pairs are as close
    assert ambiguous(new, ask(new), [0], ask) == {0}
    assert ambiguous(new, ask(new), [], ask) == set()


def test_an_order_that_matters_once_is_spoken_of():
    ask = asked(lambda numbers: numbers[0] if 9 in numbers else sum(numbers))
    assert unordered(CALLS, ask(CALLS), ask) == []


def test_two_calls_show_nothing():
    ask = asked(sum)
    assert unordered(CALLS[:2], ask(CALLS[:2]), ask) == []
    assert unordered([], [], ask) == []


def test_what_raises_backwards_is_not_the_same():
    def ask(calls):
        return [Answer(End.RAISED) for _ in calls]

    answers = [Answer(End.ANSWERED, 1)] * 3
    assert unordered(CALLS, answers, ask) == []
    assert ambiguous(CALLS, answers, [0], ask) == {0, 1, 2}
