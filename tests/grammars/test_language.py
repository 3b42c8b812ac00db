import re
import warnings
from dataclasses import replace

import pytest

import grammars
from grammars import GrammarUnavailable, language

NAMES = grammars.names()


def test_all_languages_of_multipl_e_and_kotlin_are_there():
    assert set(NAMES) >= set(
        "ada bash c clojure cpp csharp d dart elixir go haskell java javascript julia kotlin lua ocaml perl php python r"
        " racket ruby rust scala swift typescript".split()
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_grammar_loads_without_a_warning_and_knows_the_types_of_nodes_that_the_language_names(name):
    spoken = grammars.get(name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            grammar = spoken.tree_sitter()
        except GrammarUnavailable as missing:
            pytest.skip(str(missing))
    for kind in (*spoken.comment_nodes, *spoken.comment_holders):
        assert grammar.id_for_node_kind(kind, True) is not None, kind


@pytest.mark.parametrize("name", NAMES)
def test_names_suffixes_and_fences_lead_back_to_the_language(name):
    spoken = grammars.get(name)
    for alias in spoken.aliases:
        assert grammars.get(alias.upper()) is spoken
    assert all(suffix.startswith(".") for suffix in spoken.suffixes)
    assert grammars.by_suffix(spoken.suffixes[0]) is spoken
    for tag in (name, *spoken.aliases, *spoken.fences):
        assert grammars.by_fence(f" {tag} title='x'") is spoken


def test_no_suffix_and_no_fence_belongs_to_two_languages():
    suffixes = [suffix.lower() for name in NAMES for suffix in set(grammars.get(name).suffixes)]
    tags = [tag for name in NAMES for tag in {name, *grammars.get(name).aliases, *grammars.get(name).fences}]
    assert sorted(set(tags)) == sorted(tags)
    assert {suffix for suffix in suffixes if suffixes.count(suffix) > 1} <= {".r"}  # `.r` and `.R` are one language


@pytest.mark.parametrize("name", NAMES)
def test_comment_marks_and_stops_are_there(name):
    spoken = grammars.get(name)
    assert spoken.line_comment or spoken.block_comment
    assert spoken.stops
    assert all(stop.startswith("\n") for stop in spoken.stops)


@pytest.mark.parametrize(
    ("name", "text"),
    [("bash", '"${x:$n:2}${x: -1}" m[$i,$j] ${x%]} [ a \\> b ]'), ("cpp", "typeid(int) == typeid (x)")],
)
def test_gaps_are_filled_without_moving_anything(name, text):
    filled = text
    for pattern, known in grammars.get(name).gaps:
        filled = re.sub(pattern, known, filled)
    assert filled != text
    assert len(filled.encode()) == len(text.encode())


def test_a_capsule_is_made_of_the_number_that_some_wheels_hand_out(monkeypatch):
    import ctypes

    import tree_sitter_python

    capsule = tree_sitter_python.language()
    address = ctypes.pythonapi.PyCapsule_GetPointer
    address.restype, address.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    number = address(capsule, language.CAPSULE)
    monkeypatch.setattr(tree_sitter_python, "language", lambda: number)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert grammars.get("python").tree_sitter().node_kind_count > 100


@pytest.mark.parametrize(
    ("parser", "said"),
    [
        ("tree_sitter_nowhere:language", "install the package 'tree-sitter-nowhere'"),
        ("tree_sitter_language_pack.bindings.nowhere:language", "tree-sitter-language-pack<1"),
        ("tree_sitter_python:nothing", "cannot load 'tree_sitter_python:nothing'"),
    ],
)
def test_a_missing_grammar_names_the_package(parser, said):
    with pytest.raises(GrammarUnavailable, match="no tree-sitter grammar for lost") as caught:
        replace(grammars.get("python"), name="lost", parser=parser).tree_sitter()
    assert said in str(caught.value)


def test_the_extra_is_named_only_for_grammars_of_its_own(monkeypatch):
    wanted = ["numpy>=1", "tree-sitter-lost<2,>=1.1; extra == 'languages'", "tree-sitter-lost-too>=3; extra == 'dev'"]
    monkeypatch.setattr(language, "requires", lambda distribution: wanted)
    assert "'tree-sitter-lost<2,>=1.1', or the extra 'spanwise[languages]'" in language._requirement("tree-sitter-lost")
    assert language._requirement("tree-sitter-lost-too") == "the package 'tree-sitter-lost-too'"
    assert language._requirement("numpy") == "the package 'numpy'"


def test_without_an_installation_the_package_is_named_alone(monkeypatch):
    def absent(distribution):
        raise language.PackageNotFoundError(distribution)

    monkeypatch.setattr(language, "requires", absent)
    assert language._requirement("tree-sitter-c") == "the package 'tree-sitter-c'"


@pytest.mark.parametrize("name", NAMES)
def test_every_grammar_is_asked_for(name):
    from importlib.metadata import requires

    asked = {re.split(r"[\s<>=;]", text, maxsplit=1)[0] for text in requires("spanwise")}
    assert grammars.get(name).package in asked
