import subprocess
import sys
from pathlib import Path

import pytest

import grammars
from grammars.__main__ import REGISTRIES, main, packages
from grammars.language import Language, Toolchain

ROOT = Path(__file__).parents[2]


def language(name, *packages, alternatives=()):
    return Language(name=name, suffixes=(f".{name}",), parser="none:none",
                    toolchain=Toolchain(run=(name,), packages=packages, alternatives=alternatives))  # fmt: skip


def test_packages_of_a_registry_come_sorted_and_once():
    other = Toolchain(run=("c",), packages=("debian:lib-c", "npm:c@2"))
    known = [language("a", "debian:gcc", "npm:@types/a@1.2"), language("b", "debian:bc", "debian:gcc")]
    known.append(language("c", alternatives=(("x", other),)))
    assert packages(known, "debian") == ["bc", "gcc", "lib-c"]
    assert packages(known, "npm") == ["@types/a@1.2", "c@2"]
    assert packages(known, "pypi") == []


def test_a_registry_and_languages_are_chosen_by_name(capsys):
    assert main(["debian", "lua", "perl"]) == 0
    assert capsys.readouterr().out.split() == [
        "libdata-compare-perl",
        "libtest-deep-perl",
        "lua-unit",
        "lua5.4",
        "perl",
    ]


def test_an_unknown_language_is_one_line_with_a_suggestion(capsys):
    assert main(["debian", "pearl"]) == 2
    assert "did you mean" in capsys.readouterr().err


def test_every_language_is_listed(capsys):
    assert main([]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(grammars.names())


@pytest.mark.parametrize("name", grammars.names())
def test_every_toolchain_says_what_to_install(name):
    wanted = packages([grammars.get(name)], "debian") + [
        found for registry in REGISTRIES for found in packages([grammars.get(name)], registry)
    ]
    assert wanted
    assert all(package.partition(":")[0] in REGISTRIES for package in grammars.get(name).toolchain.packages)


def test_the_list_needs_no_package_beside_python():
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        "import sys; sys.path.insert(0, '.'); from grammars.__main__ import main; main(['npm'])",
    ]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert any(line.startswith("typescript@") for line in said.splitlines())
