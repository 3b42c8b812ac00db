"""MBPP+ (EvalPlus, arXiv:2305.01210): problems of MBPP with 35 times as many tests, for evaluation only.

Reads `MbppPlus.jsonl` as EvalPlus publishes it, with inputs, and the rows of the hub, with test code. JSON knows no
tuples, sets and complex numbers: in the first form, each problem says by its number what its inputs are. The two
problems for which EvalPlus takes any answer are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from analyzers.runtime.tests import Appended
from trainer.tasks import evalplus
from trainer.tasks.files import BadTasks, Excluded, Row, field, for_evaluation, read
from trainer.tasks.hub import Hub, source
from trainer.types import Task

NAME = "mbpp_plus"
FILES = ("MbppPlus*.jsonl*", "*.parquet", "data/*.parquet")
HUB = Hub("evalplus/mbppplus")
ANY_ANSWER = ("are_equivalent", "sum_div")
_SETS = """
def same(actual, expected, arguments):
    return set(actual) == set(expected)
"""
_FOUND = """
def same(actual, expected, arguments):
    return actual == expected if isinstance(actual, bool) else expected == (actual is not None)
"""
_PYRAMID = """
same_as_reference = same

def same(actual, expected, arguments):
    edge, height = arguments
    rounded = round(edge**2 + 2 * edge * math.hypot(edge / 2, height))
    return same_as_reference(actual, expected, arguments) or abs(actual - rounded) <= {atol}
"""
_DIGITS = """
def same(actual, expected, arguments):
    one, two = map(str, arguments)
    length = max(len(one), len(two))
    padded = zip(one.zfill(length), two.zfill(length))
    return actual == expected or actual == sum(abs(int(a) - int(b)) for a, b in padded)
"""
# More than one answer is right, or the problem can be read in two ways.
_SAME = {
    **dict.fromkeys(
        ("similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly", "larg_nnum"), _SETS
    ),
    **dict.fromkeys(("intersection_array", "find_dissimilar", "Diff"), _SETS),
    **dict.fromkeys(("check_str", "text_match_three", "text_starta_endb"), _FOUND),
    "surface_Area": _PYRAMID,
    "digit_distance_nums": _DIGITS,
}


def tasks(split: str, *, path: str | None = None, force: bool = False) -> Iterator[Task | Excluded]:
    """The problems, in the order of the file; `test` is the only split.

    Raises:
        BadTasks: asked for training without `force`, or no such file.
    """
    for_evaluation(NAME, split, force)
    return read(source(NAME, path, FILES, HUB), _task)


def typed(number: int, arguments: list[Any]) -> list[Any]:
    """The arguments of a call of the problem `number` with the types that JSON has lost."""
    return next((list(make(arguments)) for numbers, make in _TYPES if number in numbers), arguments)


def _task(row: Row, where: str) -> Task:
    number = int(str(row.get("task_id")).rpartition("/")[2])
    name = row.get("entry_point")
    if name in ANY_ANSWER:
        raise BadTasks("no usable tests: EvalPlus takes any answer")
    if "base_input" in row:
        program = field(row, "canonical_solution", str)
        arguments = [typed(number, each) for each in evalplus.inputs(row)]
        tests: Any = evalplus.suite(row, program, arguments, same=_SAME.get(str(name), ""))
        prompt = field(row, "prompt", str).strip().strip('"').strip()
    else:
        program, tests = field(row, "code", str), Appended(field(row, "test", str))
        prompt = "\n".join([field(row, "prompt", str).strip(), *field(row, "test_list", list)])
    return Task(
        id=f"Mbpp/{number}",
        prompt=prompt,
        tests=tests,
        reference=program,
        metadata={"where": where, "split": "test", "number": number, **evalplus.contract(row)},
    )


def _all_tuples(value: Any) -> Any:
    return tuple(map(_all_tuples, value)) if isinstance(value, list) else value


def _tuples(value: list[Any]) -> list[Any]:
    return [tuple(item) for item in value]


_TYPES: tuple[tuple[frozenset[int], Callable[[list[Any]], Any]], ...] = (
    (
        frozenset((2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424, 429, 470, 560, 579, 596, 616, 630, 726, 740))
        | {744, 809},
        _tuples,
    ),
    (
        frozenset((63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780)),
        lambda given: map(_tuples, given),
    ),
    (frozenset((75, 413, 444, 753)), lambda given: (_tuples(given[0]), given[1])),
    (frozenset((106, 750)), lambda given: (given[0], tuple(given[1]))),
    (frozenset((115,)), lambda given: [[set(item) if isinstance(item, list) and item else {} for item in given[0]]]),
    (frozenset((124,)), lambda given: (float(given[0]), complex(given[1]))),
    (frozenset((250, 405, 446, 617, 720, 763, 808)), lambda given: (tuple(given[0]), given[1])),
    (frozenset((252,)), lambda given: [complex(given[0])]),
    (frozenset((259, 401, 445)), lambda given: (tuple(_tuples(item)) for item in given)),
    (frozenset((278,)), lambda given: [tuple(tuple(x) if isinstance(x, list) else x for x in given[0])]),
    (frozenset((307,)), lambda given: (tuple(given[0]), *given[1:])),
    (frozenset((580, 615, 791)), _all_tuples),
    (
        frozenset((722,)),
        lambda given: ({key: tuple(value) for key, value in given[0].items()}, *given[1:]),
    ),
)
"""Numbers of problems, and what makes of their arguments what the reference takes."""
