"""JavaScript."""

from dataclasses import replace

from grammars.language import Language, Toolchain

SCRIPT = Toolchain(
    run=("node", "--require", "{built}/node_report.js", "{file}"),
    support=("node_report.js",),
    packages=("debian:nodejs", "debian:node-lodash"),
    # The library's own settings lie where programs cannot read, which it takes for an error.
    environment={"NODE_PATH": "/usr/share/nodejs", "OPENSSL_CONF": "/dev/null"},
    messages="node",
    record='process.stdout.write("\\n{nonce}\\n");',
    completion=(
        # HumanEval-X asserts with what only prints a line when it fails.
        (r"(?s)\A.*\bconsole\.assert\b.*\Z", "console.assert = require('node:assert'); \\g<0>\n{record}\n"),
        (r"\Z", "\n{record}\n"),
    ),
    assertion=(
        (r"(?m)^([ \t]*)console\.assert\((?:.*\)|\n(?:.*\n)*?\1\));?[ \t]*$", r"\g<0>; {record}"),
        (r"(?m)^[ \t]*assert\.\w+\(.*\);[ \t]*$", r"\g<0> {record}"),
        (r"(?m)^[ \t]*throw 'Error at \d+th assert statement\..*\n\}", r"\g<0> {record}"),
    ),
    start_s=0.5,
    memory_bytes=256 * 1024**2,
    reserves_memory=True,
    processes=16,
)

LANGUAGE = Language(
    name="javascript",
    aliases=("js", "node"),
    suffixes=(".js", ".cjs", ".mjs"),
    fences=("nodejs", "ecmascript"),
    parser="tree_sitter_javascript:language",
    line_comment="//",
    block_comment=("/*", "*/"),
    comment_marks=("<!--", "-->"),
    comment_nodes=("comment", "html_comment", "hash_bang_line"),
    refused=(("(expression_statement . (function_expression !name) @refused)", ""),),
    stops=("\nfunction ", "\n/*", "\n//", "\nconsole.log"),
    toolchain=replace(
        SCRIPT,
        alternatives=((r"(?m)^(?:import\s+(?:[\w*{].*\bfrom\s*)?['\"]|export\s)", replace(SCRIPT, file="main.mjs")),),
    ),
)
