"""php: what `php -l` finds, for many files at once and with the token at fault. Our script gives offsets in bytes.
https://www.php.net/manual/en/class.compileerror.php
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analyzers.findings import Finding
from analyzers.parsers import from_json_lines
from analyzers.positions import Convention, Unit
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

SWITCHES = (
    *("zend_extension=opcache", "opcache.enable_cli=1", "opcache.file_update_protection=0"),
    # Nothing of a program is worked out in advance: that is for those who run it.
    *("opcache.optimization_level=0", "opcache.memory_consumption=16", "memory_limit=1G", "extension=tokenizer"),
    *("display_errors=0", "log_errors=0", "error_reporting=-1"),
)

RATINGS = {
    "ParseError": (Severity.FATAL, Kind.SYNTAX),
    "CompileError": (Severity.FATAL, Kind.SYNTAX),
    "Warning": (Severity.MEDIUM, Kind.LOGIC),
    "Deprecated": (Severity.LOW, Kind.STYLE),
}


def _finding(record: dict[str, Any]) -> Finding:
    severity, kind = rate(RATINGS, record["code"])
    return Finding(
        record["code"], record["message"], record["line"], offset=record.get("offset"), end_offset=record.get("end"),
        severity=severity, kind=kind, file=record["file"],
    )  # fmt: skip


ANALYZER = Tool(
    name="php",
    languages=("php",),
    argv=("php", "-n", *(word for switch in SWITCHES for word in ("-d", switch)), "{settings}/php_lint.php", "{files}"),
    parse=from_json_lines(_finding),
    convention=Convention(unit=Unit.BYTE),
    package="debian:php-cli",
    settings={"php_lint.php": Path(__file__).with_name("support").joinpath("php_lint.php").read_text()},
    ok_exit_codes=(0,),
    batch_size=256,
    timeout_s=30.0,
)

GOOD = [
    "<?php\nfunction f(array $list): string { return 'é😀' . count($list); }\n",
    '<?php\ndeclare(strict_types=1);\nnamespace A;\nclass B extends C { function f() { return "{$this->x}"; } }\n',
    "<?php\nfunction f(int $x) { return $x; }\nreturn;\n?>\n{ [ (\n",
]
BAD = [
    ("<?php\n$s = 'é😀'; $x = = 1;\n", "ParseError", "="),
    ("<?php\nfunction f() { $s = 'é😀'; if ($s) { echo 1;\n", "ParseError", "{"),
    ("<?php\n$s = 'é😀'; $x = [1, 2);\n", "ParseError", ")"),
    ("<?php\n$s = 'é😀'; echo $s }\n", "ParseError", "}"),
    ("<?php\n$s = 'é😀'; echo $s", "ParseError", "$s"),
    ("<?php\nfunction f($é😀, $é😀) { return 1; }\n", "CompileError", "function f($é😀, $é😀) { return 1; }"),
    ("<?php\nfunction f() {}\nfunction f() {}\n", "CompileError", "function f() {}"),
    ("<?php\nif (true) { break; }\n", "CompileError", "if (true) { break; }"),
    ("<?php\nfunction f($a = 1, $b) {}\n", "Deprecated", "function f($a = 1, $b) {}"),
]
