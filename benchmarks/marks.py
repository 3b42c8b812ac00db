"""The places in documents that scripts write to: what stands between `<!-- NAME -->` and `<!-- /NAME -->`."""

from __future__ import annotations


def replaced(document: str, name: str, body: str) -> str:
    """The document with `body` between the two marks of a name.

    Raises:
        ValueError: it does not have both, once each and in order.
    """
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if document.count(begin) != 1 or document.count(end) != 1 or document.index(begin) > document.index(end):
        raise ValueError(f"the document needs one {begin} and after it one {end}")
    before, rest = document.split(begin)
    return f"{before}{begin}\n\n{body.strip()}\n\n{end}{rest.split(end)[1]}"
