from __future__ import annotations

import pytest

from analyzers.defects import LISTED, SPOKEN, UNKNOWN, _words, defect
from analyzers.types import Kind

ONE_THING = {
    "undefined-name": "UndefinedName undefined-variable F821 name-defined reportUndefinedVariable no-undef TS2304 NameError"
    " lint/correctness/noUndeclaredVariables E0425 -Wuninitialized no-use-before-define",
    "unused-name": "UnusedImport unused-import F401 no-unused-vars @typescript-eslint/no-unused-vars noUnusedVariables"
    " -Wunused-but-set-variable unused_variables Lint/UselessAssignment clang-analyzer-deadcode.DeadStores",
    "mutable-default": "B006 dangerous-default-value",
    "no-effect": "B018 pointless-statement expression-not-assigned no-unused-expressions Lint/Void -Wunused-value",
    "format-mismatch": "PercentFormatPositionalCountMismatch F507 too-few-format-args str-format -Wformat= printf",
    "empty-format": "FStringMissingPlaceholders F541 f-string-without-interpolation",
    "broad-catch": "E722 bare-except broad-exception-caught",
    "attribute-missing": "attr-defined no-member reportAttributeAccessIssue TS2339 E0599 AttributeError",
    "wrong-call": "call-arg too-many-function-args reportCallIssue TS2554 E0061 not-callable",
    "unreachable": "unreachable unreachable-code no-unreachable TS7027 reportUnreachable",
    "dynamic-code": "exec-used eval-used S102 B307 no-eval noGlobalEval",
    "duplicate-key": "no-dupe-keys duplicate-key noDuplicateObjectKeys Lint/DuplicateHashKey F601",
    "self-assignment": "self-assigning-variable no-self-assign noSelfAssign -Wself-assign PLW0127",
    "division-by-zero": "-Wdiv-by-zero core.DivideZero zerodiv ZeroDivisionError",
    "missing-return": "return -Wreturn-type consistent-return inconsistent-return-statements TS7030",
}


@pytest.mark.parametrize(("name", "codes"), ONE_THING.items())
def test_tools_have_many_words_for_one_thing(name: str, codes: str) -> None:
    assert {code: defect(code, Kind.LOGIC) for code in codes.split()} == dict.fromkeys(codes.split(), name)


@pytest.mark.parametrize(
    "code", ["", "TypeError", "KeyError", "useless-return", "return-in-init", "X999", "é😀", "no-constructor-return"]
)
def test_what_says_nothing_is_of_no_class(code: str) -> None:
    assert defect(code, Kind.LOGIC) == UNKNOWN


def test_every_syntax_error_is_one_class() -> None:
    assert {defect(code, Kind.SYNTAX) for code in ("E0001", "F821", "", "anything")} == {"syntax"}


def test_no_code_is_listed_twice() -> None:
    codes = [code for listed in LISTED.values() for code in listed.split()]
    assert sorted(codes) == sorted(set(codes))


def test_words_of_a_class_are_as_codes_are_read() -> None:
    """A phrase with a plural or a capital would never be met."""
    words = {word for phrases in SPOKEN.values() for phrase in phrases for word in phrase.split()}
    assert {word for word in words if _words(word) != {word}} == set()
