"""Bash."""

from grammars.language import Language, Toolchain

# ${text:$start:2} and ${text: -1}, of which there may be two in one pair of braces; cells[$row,$column];
# [ a \> b ]; ${text%]}.
SLICE = (r"(\$\{[^{}\n]*:[ \t]*)[$-](?=\w)", r"\1_")
CELL = (r"(\w\[[^][\n=]*, ?)\$(?=\w)", r"\1_")
GAPS = (SLICE, SLICE, CELL, CELL, (r"(?<= )\\[<>](?= )", "=="), (r"(?<=[%#])\](?=\})", "_"))

LANGUAGE = Language(
    name="bash",
    aliases=("sh", "shell"),
    suffixes=(".sh", ".bash"),
    fences=("shell-session", "zsh"),
    parser="tree_sitter_bash:language",
    line_comment="#",
    gaps=GAPS,
    blocks=(("do", "done"), ("if", "fi"), ("case", "esac")),
    lone_closers=(")",),
    long_quotes="\"'",
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
