"""Python."""

from grammars.language import Language, Toolchain

LANGUAGE = Language(
    name="python",
    aliases=("py", "python3"),
    suffixes=(".py", ".pyi"),
    fences=("py3", "ipython"),
    parser="tree_sitter_python:language",
    line_comment="#",
    # Codex (arXiv:2107.03374, section 3.2), and a decorator.
    stops=("\nclass ", "\ndef ", "\n#", "\nif ", "\nprint(", "\n@", "\nassert "),
    toolchain=Toolchain(run=("python3", "-I", "{file}"), packages=("debian:python3",), warm=True),
)
