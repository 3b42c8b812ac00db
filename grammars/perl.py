"""Perl."""

from grammars.language import Language, Toolchain

# MultiPL-E's tests end with status 1 and without a word where an assertion fails.
ASSERTION = r"(?m)^[ \t]*if\((eq_deeply\(.*\))\) \{\n[ \t]*print \"ok!\" \}else\{\n[ \t]*exit 1;\n[ \t]*\}$"

LANGUAGE = Language(
    name="perl",
    aliases=("pl",),
    suffixes=(".pl", ".pm"),
    fences=("perl5",),
    parser="tree_sitter_perl:language",
    line_comment="#",
    block_comment=("=pod", "=cut"),
    long_quotes="\"'",
    comment_nodes=("comment", "pod"),
    comment_marks=("\n=",),
    stops=("\nsub", "\n#", "\npackage", "\nprint"),
    toolchain=Toolchain(
        run=("perl", "{file}"),
        packages=("debian:perl", "debian:libtest-deep-perl", "debian:libdata-compare-perl"),
        readable=("/etc/perl",),
        environment={"PERL_HASH_SEED": "0", "PERL_PERTURB_KEYS": "0"},  # the same order of keys on every run
        record='{ local $| = 1; print STDOUT "\\n{nonce}\\n"; }',
        assertion=(
            (ASSERTION, r'if(\1) { {record} } else { die "spanwise: an assertion failed"; }'),
            (r"(?m)^unless\(Compare\(.*\)\) \{\n[ \t]*die .*\n\}$", "\\g<0> {record}"),
        ),
    ),
)
