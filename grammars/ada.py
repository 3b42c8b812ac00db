"""Ada."""

from grammars.language import Language, Toolchain

# One file may hold several units: they are split into files of their own that remember where they stood, and the last
# one is the program.
BUILD = r"""
units=$(gnatchop -r -w "$0" .) || exit 1
last=$(printf '%s\n' "$units" | sed -n 's/^ *\([^ ]*\.adb\)$/\1/p' | tail -n 1)
exec gnatmake -q -gnat2022 -gnata -g -o main "$last"
"""

LANGUAGE = Language(
    name="ada",
    aliases=("adb",),
    suffixes=(".adb", ".ads"),
    parser="tree_sitter_ada:language",
    line_comment="--",
    stops=("\n   end ",),
    toolchain=Toolchain(
        compile=("sh", "-c", BUILD, "{file}"),
        run=("{built}/main",),
        packages=("debian:gnat",),
        needs=("gnatchop", "gnatmake"),
        version=("gnatmake", "--version"),
        record=(
            'declare procedure Spanwise_Puts (Text : String); pragma Import (C, Spanwise_Puts, "puts");'
            " begin Spanwise_Puts (Character'Val (10) & \"{nonce}\" & Character'Val (0)); end;"
        ),
        completion=((r"end \w+;\s*\Z", r"{record} \g<0>"),),
        assertion=((r"(?m)^[ \t]*pragma Assert \(.*\);[ \t]*$", r"\g<0> {record}"),),
    ),
)
