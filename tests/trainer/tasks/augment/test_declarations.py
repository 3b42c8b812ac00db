import pytest

from trainer.tasks.augment.declarations import (
    CHARACTER,
    DOUBLE,
    SINGLE,
    TEXT,
    TRUTH,
    Kind,
    Type,
    generic,
    known,
    text,
    whole,
)

PAIRS = Type(Kind.MAPPING, "{", "}", (TEXT, whole(32)), pair="{{{}, {}}}")


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (TRUTH, True, "true"),
        (whole(32), -(2**31), "-2147483648"),
        (whole(64, "L"), 2**63 - 1, "9223372036854775807L"),
        (whole(8, signed=False), 255, "255"),
        (DOUBLE, 3, "3.0"),
        (DOUBLE, 1e16, "1e+16"),
        (TEXT, 'é"\n\\', '"é\\"\\n\\\\"'),
        (CHARACTER, "'", "'\\''"),
        (CHARACTER, "\\", "'\\\\'"),
        (Type(Kind.LIST, "{", "}", (whole(32),)), [1, 2], "{1, 2}"),
        (Type(Kind.LIST, "{", "}", (TEXT,), length=1), ["a"], '{"a"}'),
        (PAIRS, {"a": 1, "b": 2}, '{{"a", 1}, {"b", 2}}'),
    ],
)
def test_values_as_code(kind, value, expected):
    assert kind.written(value) == expected


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (TRUTH, 1),
        (whole(32), 2**31),
        (whole(32), True),
        (whole(32), 1.0),
        (whole(8, signed=False), -1),
        (SINGLE, 1e39),
        (DOUBLE, True),
        (TEXT, "\x00"),
        (TEXT, None),
        (CHARACTER, "ab"),
        (CHARACTER, "é"),
        (Type(Kind.LIST, "{", "}", (whole(32),)), ["1"]),
        (Type(Kind.LIST, "{", "}", (whole(32),), length=2), [1]),
        (PAIRS, {"a": "1"}),
    ],
)
def test_a_type_refuses_what_it_does_not_hold(kind, value):
    with pytest.raises(ValueError, match=r"no \w+:|cannot be seen"):
        kind.written(value)


def test_names_of_types_and_what_they_are_made_of():
    assert generic("vector<int>") == ("vector", ["int"])
    assert generic("Map<String, List<Map<K, V>>>") == ("Map", ["String", "List<Map<K, V>>"])
    assert generic(" long  long ") == ("long  long", [])
    for other in ("int*", "vector<int>*", "java.util.List<Integer>"):
        with pytest.raises(ValueError, match="no type is known"):
            generic(other)
    with pytest.raises(ValueError, match="no type is known: T"):
        known({}, "T")
    assert text("a") == '"a"'
