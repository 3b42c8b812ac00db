"""Starlark, the dialect of Python that Bazel is configured in. https://github.com/bazelbuild/starlark"""

from grammars import Language

LANGUAGE = Language(
    name="starlark",
    aliases=("bazel", "bzl"),
    suffixes=(".bzl", ".star"),
    parser="tree_sitter_python:language",
    line_comment="#",
)
