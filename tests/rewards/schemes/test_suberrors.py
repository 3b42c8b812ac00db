from __future__ import annotations

import pytest

from analyzers.types import Kind, Location
from rewards.schemes.suberrors import ELSE, suberror

LINE, GLOBAL, IGNORE = Location.LINE, Location.GLOBAL, Location.IGNORE


@pytest.mark.parametrize(
    ("exception", "location"),
    [  # RLTF, Table 2, row by row
        ("SyntaxError", LINE),
        ("IndexError", LINE),
        ("TypeError", LINE),
        ("ValueError", LINE),
        ("EOFError", LINE),
        ("NameError", LINE),
        ("KeyError", LINE),
        ("ImportError", LINE),
        ("ZeroDivisionError", LINE),
        ("RecursionError", GLOBAL),
        ("IndentationError", IGNORE),
        ("OSError", LINE),  # "Else"
        # subclasses belong to the row of the nearest ancestor
        ("TabError", IGNORE),
        ("ModuleNotFoundError", LINE),
        ("UnboundLocalError", LINE),
        ("UnicodeDecodeError", LINE),
    ],
)
def test_the_table_of_the_paper(exception: str, location: Location) -> None:
    assert suberror(exception).location is location


@pytest.mark.parametrize("exception", ["", "MyOwnError", "len", "__name__", "print", "error C2065"])
def test_what_is_no_builtin_class_is_else(exception: str) -> None:
    assert suberror(exception) is ELSE


@pytest.mark.parametrize(
    ("exception", "kind"),
    [
        ("UnboundLocalError", Kind.NAME),
        ("AttributeError", Kind.TYPE),
        ("KeyError", Kind.RUNTIME),
        ("TabError", Kind.SYNTAX),
    ],
)
def test_the_kind_says_which_static_findings_tell_the_same(exception: str, kind: Kind) -> None:
    assert suberror(exception).kind is kind
