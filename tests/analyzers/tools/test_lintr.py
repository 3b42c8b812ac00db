import pytest

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.tools.lintr import ANALYZER
from analyzers.types import Kind, Severity


def test_the_output_is_understood(captured):
    unused = "local variable ‘s’ assigned but may not be used"
    function, variable = (
        "no visible global function definition for ‘absent’",
        "no visible binding for global variable ‘missing_one’",
    )
    assert list(ANALYZER.parse(captured("lintr.json"))) == [
        Finding("unused-variable", unused, 1, 20, 1, 20, severity=Severity.LOW, kind=Kind.STYLE, file="p0.r"),
        Finding("undefined-function", function, 1, 31, 1, 36, severity=Severity.CRITICAL, kind=Kind.NAME, file="p0.r"),
        Finding("undefined-variable", variable, 1, 41, 1, 51, severity=Severity.HIGH, kind=Kind.NAME, file="p0.r"),
        Finding("error", "unexpected '='", 1, 5, 1, None, severity=Severity.FATAL, kind=Kind.SYNTAX, file="p1.r"),
    ]


@pytest.mark.parametrize(
    "output", ["", "Error in library(lintr)", '{"code": 1}', '[{"code": "usage", "message": "??"}]']
)
def test_other_output_is_a_failure(output):
    with pytest.raises(AnalyzerFailed):
        list(ANALYZER.parse(output))


PROGRAM = "%s\nf <- function(x) {\n  print('é😀') %s\n  missing_one %s\n}\n"


def test_comments_suppress_nothing(codes):
    words = ["# nolint", "# nolint: usage.", "# nolint start", "# nolint start: usage, object_usage_linter"]
    assert codes(*[PROGRAM % (word, word, word) for word in words]) == [["undefined-variable"]] * 4


def test_configuration_in_the_folders_changes_nothing(codes, plant):
    lintr, profile = "linters: list()\nexclusions: list('p0.r')\n", "quit(save = 'no')\n"
    plant(
        {
            ".lintr": lintr,
            ".Rprofile": profile,
            ".Renviron": "R_LIBS=/nowhere\n",
            "DESCRIPTION": "Package: p0\n",
            "NAMESPACE": "export(missing_one)",
        }
    )
    assert codes(PROGRAM % ("", "", ""), "x <- 1\n") == [["undefined-variable"], []]


def test_names_of_one_program_are_unknown_to_the_next(codes):
    assert codes("missing_one <- 1\n", PROGRAM % ("", "", ""), "f <- function() missing_one\n") == [
        [],
        ["undefined-variable"],
        ["undefined-variable"],
    ]


@pytest.mark.parametrize(
    "text",
    [
        "x <- 1; missing_one <- 2\n",
        "local <- function(q) q; 1 -> missing_one\n",
        "assign('missing_one', 3)\n",
        "g <- function() missing_one <<- 4\n",
        "for (missing_one in 1:2) print(missing_one)\n",
        "'missing_one' = 5\n",
    ],
)
def test_names_that_are_defined(codes, text):
    assert codes(text + "f <- function(x) {\n  missing_one\n}\n") == [[]]


ATTACKS = [
    "system('touch {0}')\n",
    "f <- function(x = system('touch {0}')) {{ x }}; f()\n",
    "x[system('touch {0}')] <- function() 1\n",
    "glue::glue('é😀', .open = system('touch {0}'))\n",
    "sprintf('%s', system('touch {0}'))\n",
    "`function` <- function(...) system('touch {0}'); f <- function(x) x\n",
    "setMethod('f', system('touch {0}'), function(x) x)\n",
    "'ééééé😀😀😀'; f <- function(x) {{ system('touch {0}') }}; system('touch {0}')\n",
    "library('lintr', character.only = system('touch {0}'))\n",
    ".onLoad <- function(...) system('touch {0}'); library(p0)\n",
]


def test_nothing_of_the_program_is_run(codes, tmp_path):
    touched = tmp_path / "touched"
    codes(*[attack.format(touched) for attack in ATTACKS])
    assert not touched.exists()


@pytest.mark.parametrize("text", ["", "\ufeffx <- 1", "f <- function(", "'é😀", "x <- '\\u{zz}'", "`", "{" * 60, "#'"])
def test_strange_texts_do_not_hide_the_others(codes, text):
    assert codes(text, PROGRAM % ("", "", ""))[1] == ["undefined-variable"]
