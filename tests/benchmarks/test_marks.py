"""Only what stands between the marks changes."""

from __future__ import annotations

import pytest

from benchmarks.marks import replaced

DOCUMENT = "# A\n\n<!-- a -->\nold\n<!-- /a -->\nrest <!-- b -->\n\n<!-- /b -->\n"


def test_what_stands_between_marks_is_replaced_and_nothing_else() -> None:
    once = replaced(DOCUMENT, "a", "\nnew\n")
    assert once == "# A\n\n<!-- a -->\n\nnew\n\n<!-- /a -->\nrest <!-- b -->\n\n<!-- /b -->\n"
    assert replaced(once, "a", "new") == once
    assert "<!-- b -->\n\nmore\n\n<!-- /b -->" in replaced(once, "b", "more")


@pytest.mark.parametrize("document", ["", "<!-- a -->", "<!-- /a --><!-- a -->", "<!-- a --><!-- a --><!-- /a -->"])
def test_a_document_without_its_marks_is_refused(document: str) -> None:
    with pytest.raises(ValueError, match="needs one <!-- a --> and after it one <!-- /a -->"):
        replaced(document, "a", "new")
