from __future__ import annotations

import pytest

from grammars import ownership


def test_this_installation_is_sound() -> None:
    ownership.check()


@pytest.mark.parametrize(
    ("owners", "said"),
    [
        ({"trainer": ["trainer"]}, "the package 'trainer' also belongs to the distribution trainer"),
        ({"rewards": ["Spanwise", "rewards", "another"]}, "distribution another, rewards, whose files"),
    ],
)
def test_a_foreign_distribution_is_named_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, owners: dict[str, list[str]], said: str
) -> None:
    monkeypatch.setattr(ownership, "packages_distributions", lambda: owners)
    with pytest.raises(ownership.ForeignPackage, match="run `pip uninstall") as caught:
        ownership.check()
    assert said in str(caught.value)


def test_other_packages_of_other_distributions_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    owners = {"torch": ["torch"], "rewards": ["spanwise"]}
    monkeypatch.setattr(ownership, "packages_distributions", lambda: owners)
    ownership.check()
