"""Rules of ast-grep as an analyzer: a file of patterns over syntax trees, with no code at all.

`--analyzers rules.yml`, or `ast-grep:rules.yml`: a file of rules as https://ast-grep.github.io describes them, with
their languages, and `---` between them. A rule's `metadata: {kind: security}` says what its findings are about.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import grammars
from analyzers.findings import Finding
from analyzers.parsers import from_json_lines, severity
from analyzers.positions import Convention, Unit
from analyzers.tool import Tool
from analyzers.types import Kind

_LANGUAGE = re.compile(r"""^\s*"?language"?:\s*["']?(?P<name>[\w+#-]+)""", re.MULTILINE)


def from_name(name: str, rest: str, folder: Path) -> Tool:
    """The analyzer that `ast-grep:REST` names: the rules in the file REST, whose path begins at `folder`.

    Raises:
        ValueError: there is no such file, or it names no language that is known.
    """
    path = folder / rest.strip()
    try:
        return ast_grep(path.read_text(encoding="utf-8"), name=name)
    except OSError as error:
        raise ValueError(f"analyzer {name!r}: cannot read the rules in {str(path)!r}: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"analyzer {name!r}: {path}: {error}") from error


def ast_grep(rules: str, *, name: str, sees_comments: bool = True) -> Tool:
    """The analyzer that finds what the text of a file of rules describes.

    Rules that compare two parts of a program must not see its comments, which would be a part of them.

    Raises:
        grammars.UnknownLanguage: a rule is for a language that is not known.
        ValueError: no rule says its language.
    """
    languages = sorted({grammars.get(match["name"]).name for match in _LANGUAGE.finditer(rules)})
    if not languages:
        raise ValueError("expected rules of ast-grep, each with its id, language and rule; found no language")
    return Tool(
        name=name,
        languages=tuple(languages),
        argv=(
            "ast-grep", "scan", "--rule={settings}/rules.yml", "--config={settings}/sgconfig.yml",
            "--json=stream", "--include-metadata", "{files}",
        ),
        settings={"rules.yml": rules, "sgconfig.yml": "ruleDirs: []\n"},
        parse=from_json_lines(_finding),
        convention=Convention(unit=Unit.BYTE),
        sees_comments=sees_comments,
        package="pypi:ast-grep-cli",
        batch_size=256,
        timeout_s=30.0,
    )  # fmt: skip


def _finding(record: dict[str, Any]) -> Finding:
    place = record["range"]["byteOffset"]
    kind = (record.get("metadata") or {}).get("kind", Kind.LOGIC)
    return Finding(
        record["ruleId"], record["message"], offset=place["start"], end_offset=place["end"],
        severity=severity(record["severity"]), kind=Kind(kind), file=record["file"],
    )  # fmt: skip
