"""Ruby."""

from grammars.language import Language, Toolchain

LANGUAGE = Language(
    name="ruby",
    aliases=("rb",),
    suffixes=(".rb",),
    fences=("irb",),
    parser="tree_sitter_ruby:language",
    line_comment="#",
    block_comment=("=begin", "=end"),
    blocks=(
        *((word, "end") for word in ("do", "def", "class", "module", "begin", "case")),
        *((word, "end") for word in ("^if", "^unless", "^while", "^until", "^for")),
    ),
    long_quotes="\"'",
    stops=("\nclass", "\ndef", "\n#", "\nmodule", "\nputs"),
    toolchain=Toolchain(
        run=("ruby", "--disable=gems", "-r", "{built}/ruby_report.rb", "{file}"),
        support=("ruby_report.rb",),
        packages=("debian:ruby", "debian:ruby-test-unit"),
        messages="ruby",
        record='STDOUT.write("\\n{nonce}\\n"); STDOUT.flush',
        completion=(
            (r"(?s)\brequire ['\"]test/unit['\"].*\Z", "\\g<0>\nSpanwiseReport.unit\n{record}\n"),
            (r"\Z", "\n{record}\n"),
        ),
        assertion=(
            (r"(?m)^[ \t]*assert\w*[ (].*\)$", r"\g<0>; {record}"),
            (r"(?m)^if .*\n[ \t]*raise .*\nend$", "\\g<0>\n{record}"),
        ),
        memory_bytes=64 * 1024**2,
    ),
)
