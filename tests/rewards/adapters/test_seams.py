"""The error for a framework that is unlike those tested."""

import pytest

from rewards.adapters.seams import SeamMoved, installed


def test_it_says_what_came_what_was_expected_and_what_to_install():
    class Moved(SeamMoved):
        package, tested = "pytest", ("0.1", "0.2")

    with pytest.raises(SeamMoved) as raised:
        raise Moved("a tuple", "a list")
    assert str(raised.value) == (
        f"pytest {installed('pytest')}: a tuple; expected a list. Tested with pytest 0.1, 0.2: install one of them"
    )


def test_a_package_that_is_not_there_has_no_version():
    assert installed("no-such-package-of-anyone") is None
