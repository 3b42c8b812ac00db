"""OCaml."""

from grammars.language import Language, Toolchain

# The compiler leaves files beside the program's, where it may not write.
COMPILE = 'cp "$0" . && exec ocamlopt -g -w -a -I +str -I +unix -o main str.cmxa unix.cmxa main.ml'

LANGUAGE = Language(
    name="ocaml",
    aliases=("ml",),
    suffixes=(".ml",),
    fences=("ocaml4",),
    parser="tree_sitter_ocaml:language_ocaml",
    block_comment=("(*", "*)"),
    comment_nodes=("comment", "shebang"),
    stops=("\nlet ", "\n(*", "\ntype ", "\nmodule "),
    toolchain=Toolchain(
        compile=("sh", "-c", COMPILE, "{file}"),
        run=("{built}/main",),
        needs=("ocamlopt", "gcc"),
        packages=("debian:ocaml-nox", "debian:gcc"),
        environment={"OCAMLRUNPARAM": "b"},
        version=("ocamlopt", "-version"),
        messages="ocaml",
        record='(Stdlib.print_string "\\n{nonce}\\n"; Stdlib.flush Stdlib.stdout)',
        completion=((r"\Z", "\nlet () = {record}\n"),),
        assertion=((r"(?m)^[ \t]*\(assert .*\);$", r"\g<0> {record};"),),
    ),
)
