from __future__ import annotations

from typing import Any

import pytest

from analyzers.runtime.tests import Appended, Asserts, Call, Calls, Exchange, Stdio
from trainer.tasks.stubs import CONSTANTS, ECHO, stubs
from trainer.types import Task

ASSERTS = Asserts(("assert f(1)",))


def of(tests: Any = ASSERTS, **fields: Any) -> dict[str, str]:
    return stubs(Task("t", "p", tests, **fields))


def test_functions_of_the_reference_return_a_constant() -> None:
    reference = (
        "import re\nclass C:\n    def __init__(self):\n        self.x = 1\n    def f(self):\n        return self.x\n"
    )
    found = of(reference=reference)
    assert list(found) == ["empty", *(f"return {constant}" for constant in CONSTANTS)]
    assert found["return 0"] == (
        "import re\n\nclass C:\n\n    def __init__(self):\n        self.x = 1\n\n    def f(self):\n        return 0\n"
    )


def test_a_function_that_was_begun_returns_a_constant() -> None:
    assert of(prefix="def f():\n", reference="  return 3\n")["return True"] == "  return True\n"
    assert of(prefix="def f():\n")["return True"] == "    return True\n"


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("f", "def f(*args, **kwargs):\n    return None\n"),
        ("Solution.f", "class Solution:\n    def f(*args, **kwargs):\n        return None\n    "),
    ],
)
def test_without_a_reference_calls_name_the_function(name: str, program: str) -> None:
    found = of(Calls(name, (Call((), 1),)))["return None"]
    assert found == program
    compile(found, name, "exec")


def test_without_a_reference_that_can_be_read_there_is_the_empty_program() -> None:
    assert of() == of(reference="def f(:") == {"empty": ""}


def test_programs_print_what_they_read() -> None:
    assert of(Stdio((Exchange("1", "2"),))) == {"empty": "", "echo": ECHO}


@pytest.mark.parametrize(
    ("language", "reference", "closing"),
    [
        ("cpp", "    return x;\n}\n", "}\n"),
        ("java", "        return x;\n    }\n}", "    }\n}"),
        ("ruby", "  x\nend\n\n", "end\n\n"),
        ("javascript", "  return [\n    1\n  ];\n});\n", "  ];\n});\n"),
        ("lua", "  append(x)\nend", "end"),
        ("rust", "    x", None),
        ("cpp", "}\n", None),
        ("racket", "  (+ x 1))", None),
    ],
)
def test_in_other_languages_a_function_is_closed_and_does_nothing(
    language: str, reference: str, closing: str | None
) -> None:
    found = of(Appended("x"), language=language, reference=reference)
    assert found == {"empty": "", **({} if closing is None else {"hollow": closing})}
