import pytest

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.tools.ocamlc import ANALYZER
from analyzers.types import Kind, Severity


def test_the_output_is_understood(captured):
    mismatch = "This expression has type string but an expression was expected of type int"
    partial = "this pattern-matching is not exhaustive. Here is an example of a case that is not matched: None"
    assert list(ANALYZER.parse(captured("ocamlc.txt"))) == [
        Finding("type-mismatch", mismatch, 1, 25, 1, 26, severity=Severity.HIGH, kind=Kind.TYPE, file="p0/main.ml"),
        Finding("partial-match", partial, 3, 2, 4, 15, file="p1/main.ml"),
        Finding(
            "unused-var", "unused variable y.", 2, 6, 2, 7, severity=Severity.LOW, kind=Kind.STYLE, file="p1/main.ml"
        ),
        Finding(
            "syntax-error", "Syntax error", 1, 4, 1, 5, severity=Severity.FATAL, kind=Kind.SYNTAX, file="p2/main.ml"
        ),
    ]


@pytest.mark.parametrize("output", ["Fatal error: exception Stack_overflow", "sh: 1: ocamlc: not found", "File"])
def test_other_output_is_a_failure(captured, output):
    for text in (output, f"{output}\n{captured('ocamlc.txt')}"):
        with pytest.raises(AnalyzerFailed, match="a report of ocamlc is not understood"):
            list(ANALYZER.parse(text))


UNUSED = "%s\nlet f () = print_string {|é😀|}; let y = 1 in () %s\n"


def test_attributes_suppress_nothing(codes):
    words = [
        ('[@@@ocaml.warning "-a"]', ""),
        ('[@@@ warning "-26-27"]', '[@@ocaml.warning "-a"]'),
        ('[@@@\nocaml . warning "-a"]', '[@@ warning "-a"]'),
        ('[@@@ocaml.warnerror "-a"]', ""),
    ]
    assert codes(*[UNUSED % word for word in words]) == [["unused-var"]] * len(words)
    assert codes('# 100 "other.ml"\nlet x = missing\n')[0] != []


def test_programs_of_a_batch_cannot_see_each_other(codes):
    assert codes("let shared = 1\n", "let n = Main.shared\n", "let n = P0.Main.shared\n") == [
        [],
        ["undefined-name"],
        ["undefined-name"],
    ]


def test_configuration_in_the_folders_changes_nothing(codes, plant):
    plant(
        {
            "OCAMLPARAM": "_,w=-a",
            ".merlin": "FLG -w -a\n",
            "dune": "(flags (-w -a))\n",
            "ocaml_compiler_internal_params": "*: w=-a\n",
        }
    )
    assert codes(UNUSED % ("", "")) == [["unused-var"]]


def test_nothing_of_the_program_is_run(codes, tmp_path):
    touched = tmp_path / "touched"
    codes(f'let () = ignore (Sys.command "touch {touched}")\n', f'#use "x";;\n[@@@ppx "touch {touched}"]\n')
    assert not touched.exists()


@pytest.mark.parametrize("text", ["", "\ufefflet x = 1", "let (", 'let s = "é😀', "(*", "\0", "let x = " + "(" * 5000])
def test_strange_texts_do_not_hide_the_others(codes, text):
    assert codes(text, UNUSED % ("", ""))[1] == ["unused-var"]
