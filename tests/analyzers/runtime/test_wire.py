import math
from collections import Counter, OrderedDict, deque
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.runtime import wire

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(2**200), max_value=2**200)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec=None))
    | st.binary()
    | st.complex_numbers(allow_nan=False)
    | st.fractions()
    | st.decimals(allow_nan=False)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.frozensets(scalars)
        | st.sets(scalars)
        | st.dictionaries(scalars, inner)
    ),
    max_leaves=20,
)


def types(value):
    """A value with the type of every part of it."""
    if isinstance(value, (list, tuple, deque)):
        return type(value), [types(part) for part in value]
    if isinstance(value, (set, frozenset)):
        return type(value), {(type(part), part) for part in value}
    if isinstance(value, dict):
        return type(value), [(type(key), key, types(part)) for key, part in value.items()]
    return type(value), value


@given(values)
def test_a_round_trip_keeps_values_and_types(value):
    tree = wire.unpack(wire.pack(wire.encode(value))[4:])
    assert types(wire.decode(tree)) == types(value)


def test_zero_keeps_its_sign_and_nan_stays_nan():
    assert math.copysign(1, wire.decode(wire.encode(-0.0))) == -1
    assert math.isnan(wire.decode(wire.encode(math.nan)))


@pytest.mark.parametrize("value", [Counter("aab"), OrderedDict(a=1)])
def test_mappings_of_the_library_cross_as_dicts(value):
    assert wire.decode(wire.encode(value)) == dict(value)


@pytest.mark.parametrize(
    "value", [deque([1, 2]), range(1, 9, 2), Decimal("1.50"), Fraction(1, 3), bytearray(b"\0x"), int, dict]
)
def test_other_plain_types_cross(value):
    assert types(wire.decode(wire.encode(value))) == types(value)


class AlwaysEqual(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


@pytest.mark.parametrize(
    "value", [AlwaysEqual(3), AlwaysEqual, object(), len, type("L", (list,), {})([1]), [AlwaysEqual(1)]]
)
def test_a_subclass_is_not_its_base(value):
    with pytest.raises(wire.NotPlain):
        wire.encode(value)


def test_what_is_no_plain_data_becomes_a_reference():
    seen = []
    tree = wire.encode([1, AlwaysEqual(2)], lambda value: (seen.append(value), ["r", 7])[1])
    assert seen == [2]
    assert wire.decode(tree, lambda number: f"object {number}") == [1, "object 7"]


def test_ranges_without_end_are_no_plain_data():
    assert wire.decode(wire.encode(range(wire.MAX_NODES))) == range(wire.MAX_NODES)
    with pytest.raises(wire.NotPlain):
        wire.encode(range(wire.MAX_NODES + 1))


def test_cycles_and_depth_are_refused():
    loop: list = []
    loop.append(loop)
    with pytest.raises(wire.NotPlain, match="deeper"):
        wire.encode(loop)


@pytest.mark.parametrize(
    "tree",
    [
        ["x", 1],
        ["l"],
        ["l", 3],
        ["l", [["l"]]],
        1.5,
        {"a": 1},
        ["i", "zz"],
        ["F", "1e99999999"],
        ["F", "1/0"],
        ["F", 5],
        ["g", ["0x0", "0x" + "f" * 30, "0x1"]],
        ["g", ["0x0", "0x1", "0x0"]],
        ["i", 5],
        ["f", "one"],
        ["d", [[["l", []], 1]]],
        ["d", [1]],
        ["c", ["0x1p+0"]],
        ["r", 1],
        ["s", [["l", []]]],
        ["g", ["0x1", "0x2", "0x0"]],
        ["D", "1; import os"],
        ["T", "object"],
        ["T", ["l", []]],
    ],
)
def test_malformed_trees_are_refused(tree):
    with pytest.raises(wire.Malformed):
        wire.decode(tree)


def test_deep_trees_are_refused():
    tree: object = 1
    for _ in range(5000):
        tree = ["l", [tree]]
    with pytest.raises(wire.Malformed):
        wire.decode(tree)


@pytest.mark.parametrize("body", [b"", b"\xff", b"[1", b"[" * 100_000])
def test_what_is_not_json_is_refused(body):
    with pytest.raises(wire.Malformed):
        wire.unpack(body)
