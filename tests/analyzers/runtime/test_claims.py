import pytest

from analyzers.runtime import claims
from analyzers.runtime.wire import Malformed


def test_what_is_well_formed_is_kept():
    raised = {"type": "KeyError", "bases": ["KeyError", "LookupError"], "message": "'k'", "frame": [1, 2, None, 4]}
    assert claims.raised(raised) == raised
    syntax = {"type": "SyntaxError", "message": "no", "at": [1, None, 0, -1], "unit": "byte"}
    assert claims.syntax(syntax) == syntax


def test_what_is_missing_is_filled_in_and_what_is_extra_dropped():
    assert claims.raised({"type": "E", "frame": None, "evil": 1}) == {"type": "E", "bases": [], "message": ""}
    assert claims.syntax({"type": "E", "unit": "mile"}) == {"type": "E", "message": "", "unit": "codepoint"}


def test_everything_is_bounded():
    found = claims.raised({"type": "E" * 1000, "bases": ["B" * 1000] * 100, "message": "m" * 10_000})
    assert (len(found["type"]), len(found["message"])) == (claims.MAX_NAME, claims.MAX_MESSAGE)
    assert len(found["bases"]) == claims.MAX_BASES
    assert {len(base) for base in found["bases"]} == {claims.MAX_NAME}


@pytest.mark.parametrize(
    "tree",
    [None, 5, [], {}, {"type": ""}, {"type": 5}, {"type": "E", "message": 5}, {"type": "E", "bases": 5},
     {"type": "E", "frame": 5}, {"type": "E", "frame": [1, 1, 1]}, {"type": "E", "frame": [1, True, 1, 1]},
     {"type": "E", "frame": [1, 1, 1, 2**31]}, {"type": "E", "frame": [-2, 1, 1, 1]}, {"type": "E", "frame": [1.0, 1, 1, 1]}],
)  # fmt: skip
def test_what_is_malformed_is_refused(tree):
    with pytest.raises(Malformed):
        claims.raised(tree)
    if isinstance(tree, dict) and "bases" not in tree:
        with pytest.raises(Malformed):
            claims.syntax({("at" if key == "frame" else key): value for key, value in tree.items()})
