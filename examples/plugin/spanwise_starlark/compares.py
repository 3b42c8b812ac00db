"""starlark-compares: the patterns of compares.scm."""

from pathlib import Path

from analyzers import query

ANALYZER = query.read(Path(__file__).with_suffix(".scm").read_text("utf-8"), "compares")
