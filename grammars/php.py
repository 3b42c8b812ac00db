"""PHP."""

from grammars.language import Language, Toolchain

# Without the machine's settings the start takes half the time; what they would load is named here.
SETTINGS = (
    *("display_errors=stderr", "display_startup_errors=0", "log_errors=0", "html_errors=0", "memory_limit=-1"),
    *(f"extension={name}" for name in ("ctype", "tokenizer", "mbstring", "iconv", "posix", "calendar", "bcmath")),
    "auto_prepend_file={built}/php_report.php",
)

LANGUAGE = Language(
    name="php",
    suffixes=(".php",),
    fences=("php8",),
    parser="tree_sitter_php:language_php",
    line_comment="//",
    block_comment=("/*", "*/"),
    comment_marks=("#",),
    long_quotes="\"'",
    stops=("\nfunction", "\n?>", "\n//", "\n#", "\nclass"),
    toolchain=Toolchain(
        run=("php", "-n", *(word for setting in SETTINGS for word in ("-d", setting)), "{file}"),
        support=("php_report.php",),
        packages=("debian:php-cli", "debian:php-mbstring", "debian:php-bcmath"),
        # A program may end with `?>`: then the rest of the file is text, in which `<?php` begins a program again.
        completion=((r"(?s)\A.*\Z", "//<?php\n\\g<0>\n{record}\n"),),
        record='\\fwrite(\\STDOUT, "\\n{nonce}\\n");',
        assertion=((r"(?m)^[ \t]*if \(.*(?:\{ throw new .*\}|\{\n[ \t]*throw new .*\n[ \t]*\})$", "\\g<0> {record}"),),
        memory_bytes=64 * 1024**2,
    ),
)
