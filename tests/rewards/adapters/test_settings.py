"""Settings as configuration files write them."""

from collections import UserDict, UserList

import numpy as np
import pytest

from analyzers.runtime import Limits
from rewards.adapters.settings import configured, plain, refuse_groups, weight_of_charges


def test_containers_that_only_look_like_pythons_become_pythons():
    given = UserDict({"a": UserList([1, UserDict({"b": np.array(["x", "y"], dtype=object)})]), "c": np.float32(0.5)})
    assert plain(given) == {"a": [1, {"b": ["x", "y"]}], "c": 0.5}
    assert plain("text") == "text"
    assert plain(b"bytes") == b"bytes"


def test_limits_are_a_mapping_in_a_file():
    settings = configured({"analyzers": ["runtime"], "limits": {"timeout_s": 1.5}})
    assert settings == {"analyzers": ["runtime"], "limits": Limits(timeout_s=1.5)}
    with pytest.raises(ValueError, match="unknown limit 'timeout'; did you mean 'timeouts' or 'timeout_s'"):
        configured({"limits": {"timeout": 2}})


@pytest.mark.parametrize("scheme", ["difficulty", ["static", "difficulty"]])
def test_a_scheme_that_compares_is_refused_where_programs_come_one_by_one(scheme):
    with pytest.raises(ValueError, match=r"compares the completions of a task, and verl has them scored one by one"):
        refuse_groups({"scheme": scheme}, "verl")
    refuse_groups({"scheme": "static"}, "verl")
    refuse_groups({}, "verl")


def test_weights_are_finite_numbers_from_0_up():
    assert [weight_of_charges(weight) for weight in (0, 1, 0.25)] == [0.0, 1.0, 0.25]
    for weight in (-0.1, float("nan"), float("inf"), "1", None, True):
        with pytest.raises(ValueError, match="my_weight must be a number from 0 up, got "):
            weight_of_charges(weight, "my_weight")
