import pytest

from analyzers.findings import Finding
from analyzers.tools.hlint import ANALYZER
from analyzers.types import Kind, Severity


def test_the_output_is_understood(captured):
    style = {"severity": Severity.LOW, "kind": Kind.STYLE, "file": "p0.hs"}
    dangerous = {"severity": Severity.HIGH, "kind": Kind.SECURITY, "file": "p0.hs"}
    assert list(ANALYZER.parse(captured("hlint.json"))) == [
        Finding("unsafe function", "Avoid restricted function", 1, 14, 1, 29, **dangerous),
        Finding("Evaluate", "Evaluate -> x", 1, 33, 1, 42, file="p0.hs"),
        Finding("Redundant id", "Redundant id -> x", 1, 54, 1, 58, **style),
        Finding("Parse error", "on input `)'", 1, 7, 1, 8, severity=Severity.FATAL, kind=Kind.SYNTAX, file="p1.hs"),
    ]


@pytest.mark.parametrize(
    "words",
    [
        '{-# ANN module "HLint: ignore" #-}',
        '{-# ANN module ("HLint: ignore Evaluate") #-}',
        "{-# HLINT ignore #-}",
        '{-# HLINT ignore f "Evaluate" #-}',
        "{- HLINT ignore -}",
        "-- HLINT ignore",
    ],
)
def test_pragmas_and_comments_suppress_nothing(codes, words):
    assert codes(f"module A where\n{words}\nf x = ('é', True && x)\n") == [["Evaluate"]]


def test_configuration_in_the_folders_changes_nothing(codes, plant):
    plant({".hlint.yaml": "- ignore: {}\n", "HLint.hs": "ignore = Evaluate\n", "hlint.yaml": "- ignore: {}\n"})
    assert codes("f x = ('é', True && x)\n", "f x = x\n") == [["Evaluate"], []]


def test_nothing_of_the_program_is_run_and_no_file_is_read(codes, tmp_path):
    touched, secret = tmp_path / "touched", tmp_path / "secret.h"
    secret.write_text("g x = True && x\n")
    program = (
        "{-# LANGUAGE TemplateHaskell, CPP #-}\n{-# OPTIONS_GHC -F -pgmF touch #-}\nmodule A where\n"
        f'#include "{secret}"\nf = $(runIO (writeFile "{touched}" "") >> [| 1 |])\n'
    )
    assert codes(program) == [[]]
    assert not touched.exists()


@pytest.mark.parametrize("text", ["", "\ufefff = 1", "f = (", "f = 'é😀", "{-", 'f = "\\', "(" * 300, "module"])
def test_strange_texts_do_not_hide_the_others(codes, text):
    assert codes(text, "f x = ('é', True && x)\n")[1] == ["Evaluate"]
