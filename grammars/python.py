"""Python."""

from grammars.language import Language, Toolchain

LANGUAGE = Language(
    name="python",
    aliases=("py", "python3"),
    suffixes=(".py", ".pyi"),
    fences=("py3", "ipython"),
    parser="tree_sitter_python:language",
    line_comment="#",
    toolchain=Toolchain(run=("python3", "-I", "{file}"), packages=("debian:python3",)),
)
