"""Bash."""

from grammars.language import Language, Toolchain

LANGUAGE = Language(
    name="bash",
    aliases=("sh", "shell"),
    suffixes=(".sh", ".bash"),
    fences=("shell-session", "zsh"),
    parser="tree_sitter_bash:language",
    line_comment="#",
    stops=("\n}",),
    toolchain=Toolchain(
        compile=("bash", "-n", "{file}"),
        run=("bash", "{file}"),
        support=("bash_report.sh",),
        environment={"BASH_ENV": "{built}/bash_report.sh"},
        packages=("debian:bash",),
        messages="bash",
        record="printf '\\n%s\\n' {nonce}",
        assertion=((r"(?m)^[ \t]*\[\[ .* \]\][ \t]*$", "\\g<0>; {record}"),),
    ),
)
