"""Inputs drawn by hypothesis from the shapes that arguments have: property-based testing without the property.

Needs the package `hypothesis` (the extra `augment`); importing this module without it raises ImportError.
"""

from __future__ import annotations

import math
from functools import cache
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis
from hypothesis import configuration
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from trainer.tasks.augment.contract import Arguments, Contract
from trainer.tasks.augment.shapes import Shape, Shapes

PARTS = 4
"""Floats are whole multiples of one over this, whose sums and differences are exact: so there are ties."""


def proposals(contract: Contract, *, count: int, seed: int) -> list[Arguments]:
    """At most `count` calls, the same for the same seed."""
    found: list[Arguments] = []

    def collect(given: Arguments) -> None:
        found.append(contract.mended(given))

    run = hypothesis.given(st.tuples(*map(drawn, contract.parameters)))(collect)
    run = hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )(run)
    configuration.set_hypothesis_home_dir(_folder().name)
    try:
        hypothesis.seed(seed)(run)()
    finally:
        configuration.set_hypothesis_home_dir(None)
    return found


@cache
def _folder() -> TemporaryDirectory[str]:
    """Where hypothesis keeps what it has computed, which would else be the folder where the command was started."""
    return TemporaryDirectory(prefix="spanwise-hypothesis-")


def drawn(expected: Shapes) -> SearchStrategy[Any]:
    """Values of any of some shapes."""
    return st.one_of(*map(_drawn, expected)) if expected else st.nothing()


def _drawn(shape: Shape) -> SearchStrategy[Any]:
    match shape.kind.__name__:
        case "int":
            return _whole(shape.low, shape.high)
        case "float":
            return _whole(shape.low * PARTS, shape.high * PARTS).map(lambda value: value / PARTS)
        case "bool":
            return st.booleans()
        case "str":
            return _text(shape)
        case "bytes":
            return st.binary(min_size=int(shape.low), max_size=int(shape.high))
        case "NoneType":
            return st.none()
    return _collection(shape)


def _text(shape: Shape) -> SearchStrategy[Any]:
    if shape.signs:
        return st.sampled_from(shape.signs)
    if shape.words:
        most = max(1, (int(shape.high) + 1) // (1 + max(map(len, shape.words))))
        return st.lists(st.sampled_from(shape.words), min_size=min(1, int(shape.low)), max_size=most).map(" ".join)
    if shape.forms:
        return st.randoms(use_true_random=False).map(shape.forms.drawn)
    if not shape.alphabet:
        return st.just("")
    texts = st.text(shape.alphabet, min_size=int(shape.low), max_size=int(shape.high))
    return texts if shape.loose else texts.map(lambda text: " ".join(text.split()))


def _collection(shape: Shape) -> SearchStrategy[Any]:
    low, high = int(shape.low), int(shape.high)
    if shape.fields:
        return st.tuples(*map(drawn, shape.fields))
    if not shape.items:
        return st.just(shape.kind())
    if shape.kind is dict:
        return st.dictionaries(drawn(shape.items), drawn(shape.values), min_size=low, max_size=high)
    return st.lists(drawn(shape.items), min_size=low, max_size=high).map(shape.kind)


def _whole(low: float, high: float) -> SearchStrategy[int]:
    return st.integers(math.ceil(low), max(math.ceil(low), math.floor(high)))
