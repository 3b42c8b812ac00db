"""SARIF 2.1.0 to findings, so that any tool that writes it is an analyzer without code.

`sarif:COMMAND` runs a command and reads what it writes: `sarif:ruff check --output-format=sarif {files}`. The words of
the command are those of a shell without its substitutions; `{files}`, `{file}` and `{output}` mean what they mean in
`analyzers.tool.Tool`, and `env NAME=value COMMAND` sets a variable. `sarif[c cpp exit=4]:COMMAND` names the languages
that it is for, and what it may exit with beside 0 and 1. `sarif:PATH.sarif`, or the path alone, is a file made
elsewhere, see `analyzers.sarif_report`.

Section numbers are those of the OASIS standard. A result counts whether or not it is marked as suppressed (3.27.23);
a run that says that it failed, or that has no results at all, is a failure and not "no findings".
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import grammars
from analyzers.defects import defect
from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.parsers import severity
from analyzers.positions import END_OF_LINE, Convention, Unit
from analyzers.tool import Tool
from analyzers.types import Analyzer, Kind, Severity

CODEPOINTS, BYTES, UTF16 = Convention(), Convention(unit=Unit.BYTE), Convention(unit=Unit.UTF16)
TOOLS: Mapping[str, Convention] = {
    "ast-grep": CODEPOINTS,
    "bandit": Convention(unit=Unit.BYTE, skips_bom=True),
    "biome": CODEPOINTS,
    "cppcheck": Convention(unit=Unit.BYTE, skips_bom=True),
    "eslint": Convention(unit=Unit.UTF16, skips_bom=True),
    "oxlint": BYTES,
    "pyrefly": Convention(skips_bom=True),
    "ruff": Convention(skips_bom=True),
    "semgrep": BYTES,
    "ty": Convention(skips_bom=True),
}
"""How tools count that say nothing of it, or something that is not so, by the first word of the driver's name in lower
case. Wins over `columnKind`; the tests hold each against what the tool itself wrote."""
COLUMN_KINDS: Mapping[str, Convention] = {"utf16CodeUnits": UTF16, "unicodeCodePoints": CODEPOINTS, "bytes": BYTES}

TAGS: Mapping[str, Kind] = {
    **{kind.value: kind for kind in (Kind.NAME, Kind.TYPE, Kind.LOGIC, Kind.SECURITY, Kind.STYLE)},
    **dict.fromkeys(("correctness", "suspicious", "reliability"), Kind.LOGIC),
    **dict.fromkeys(("convention", "formatting", "maintainability", "pedantic", "readability"), Kind.STYLE),
}
"""What the tags and the category of a rule make of its findings; the first one that is known counts."""
_SYNTAX = re.compile(r"(?:.*[^a-z])?(?:parse|(?:invalid|bad)-?syntax|(?:syntax|pars(?:e|er|ing))-?error)")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SCORE = re.compile(r"\d{1,2}(?:\.\d+)?")
_SCORES = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM))
_PLACEHOLDER = re.compile(r"\{(\d+)\}")
_PREFIX = re.compile(r"[a-z-]+\[(?P<words>[^\]]*)\]:")

_NOTIFICATIONS = ("toolExecutionNotifications", "toolConfigurationNotifications")

BATCH_SIZE = 64
TIMEOUT_S = 30.0


def from_name(name: str, rest: str, folder: Path) -> Analyzer:
    """The analyzer that `sarif:REST` describes; relative paths begin at `folder`.

    Raises:
        ValueError: an unknown language, no such file, or what is no command.
    """
    languages, codes = in_brackets(name)
    if rest.strip().endswith(".sarif"):
        from analyzers.sarif_report import SarifReport  # which needs this module

        path = folder / rest.strip()
        if not path.is_file():
            raise ValueError(f"analyzer {name!r}: there is no file {str(path)!r}")
        return SarifReport(name, path, languages, folder)
    argv = words(rest, folder)
    batch_size = BATCH_SIZE if "{files}" in argv else 1
    return Tool(
        name, languages, argv, from_sarif(), CODEPOINTS, "",
        ok_exit_codes=(0, 1, *codes), batch_size=batch_size, timeout_s=TIMEOUT_S,
    )  # fmt: skip


def in_brackets(name: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Languages and exit codes of a name such as `sarif[c cpp exit=4]:...`; for every language where none is named.

    Raises:
        grammars.UnknownLanguage: with the closest names.
        ValueError: `exit=` without a number.
    """
    match = _PREFIX.match(name)
    given = re.split(r"[\s,]+", match["words"].strip()) if match and match["words"].strip() else []
    codes = [word.removeprefix("exit=") for word in given if word.startswith("exit=")]
    if not all(re.fullmatch(r"\d{1,3}", code) for code in codes):
        raise ValueError(f"{name!r}: exit= takes a number, as in exit=4, got {', '.join(map(repr, codes))}")
    languages = tuple(grammars.get(word).name for word in given if not word.startswith("exit="))
    return languages or ("*",), tuple(map(int, codes))


def words(command: str, folder: Path) -> tuple[str, ...]:
    """The words of a command; a program that is given by a relative path is looked for from `folder`.

    Raises:
        ValueError: an open quotation, or no words.
    """
    try:
        found = shlex.split(command)
    except ValueError as error:
        raise ValueError(f"the command {command!r} cannot be split into words: {error}") from error
    if not found or not found[0]:
        raise ValueError(f"the command {command!r} has no words")
    return (str(folder / found[0]) if "/" in found[0] else found[0], *found[1:])


def rated(code: str, severity: Severity, kind: Kind = Kind.LOGIC) -> tuple[Severity, Kind]:
    """Severity and kind of a finding of a tool that is not known, from what its code says: a program that does not
    parse, or an undefined name where the tool itself calls it an error, cannot work."""
    if _SYNTAX.fullmatch(_CAMEL.sub("-", code).lower()):
        return Severity.FATAL, Kind.SYNTAX
    if severity >= Severity.HIGH and defect(code, kind) == "undefined-name":
        return Severity.CRITICAL, Kind.NAME
    return severity, kind


def from_sarif(rate: Callable[[Finding], Finding] = lambda finding: finding) -> Callable[[str], Iterator[Finding]]:
    """A parser of SARIF for an analyzer whose convention is lines and columns from 1 and ends exclusive.

    Where the tool is known, or the run says what its columns count, that wins over the analyzer's convention. `rate`
    sets severity and kind by code. The parser raises AnalyzerFailed where the output is not SARIF 2.1.0, or where it
    says itself that the tool failed.
    """

    def parse(output: str) -> Iterator[Finding]:
        with understood(output):
            for run in runs(output):
                if failures := run.failures():
                    raise AnalyzerFailed(next(iter(failures.values())))
                for finding in run.findings():
                    yield rate(finding)

    return parse


@contextmanager
def understood(output: str) -> Iterator[None]:
    """What the trees of others make our code raise, as an AnalyzerFailed that shows the head of the output."""
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise AnalyzerFailed(f"not SARIF 2.1.0 ({type(error).__name__}: {error}): {output[:200]!r}") from error


def runs(output: str) -> list[Run]:
    """The runs of a log.

    Raises:
        ValueError, LookupError, TypeError, RecursionError: it is no SARIF 2; to be called within `understood`.
    """
    log = json.loads(output.removeprefix("\ufeff"))
    if not str(log["version"]).startswith("2."):
        raise ValueError(f"expected version 2.1.0, got {log['version']!r:.40}")
    return [Run(tree) for tree in log["runs"]]


class Run:
    """One run of a tool (3.14)."""

    def __init__(self, tree: Mapping[str, Any]) -> None:
        self.tree = tree
        self.artifacts: list[Mapping[str, Any]] = tree.get("artifacts") or []
        self._driver: Mapping[str, Any] = tree.get("tool", {}).get("driver", {})
        self._name = str(self._driver.get("name", ""))

    def findings(self) -> Iterator[Finding]:
        """What the tool found, each at the first place that it names.

        Raises:
            AnalyzerFailed: the run has no results, or says that it failed.
            ValueError, LookupError, TypeError, AttributeError: this is no run.
        """
        if self.tree.get("results") is None:
            raise AnalyzerFailed(f"a run of {self._name!r} has no results, which is more than none found")
        for result in self.tree["results"]:
            if result.get("kind") not in ("pass", "notApplicable") and result.get("baselineState") != "absent":
                yield self._finding(result)

    def failures(self) -> dict[str, str]:
        """Why the tool could not analyse, by the path of the artifact, or by `""` where it speaks of all of them.

        A notification that is an error (3.58.6) means that what the tool found is not all that it would have found.

        Raises:
            AnalyzerFailed: the run says that it failed as a whole (3.20.14).
        """
        found: dict[str, str] = {}
        for invocation in self.tree.get("invocations") or ():
            notices = [notice for key in _NOTIFICATIONS for notice in invocation.get(key) or ()]
            if invocation.get("executionSuccessful") is False:
                said = "; ".join(_said(notice) for notice in notices)
                raise AnalyzerFailed(f"{self._name} says that it failed: {said[:300]!r}")
            for notice in notices:
                if notice.get("level") == "error":
                    places = [(one.get("physicalLocation") or {}) for one in notice.get("locations") or ()]
                    file = next(
                        (self.path(place["artifactLocation"]) for place in places if "artifactLocation" in place), ""
                    )
                    found.setdefault(file, f"{self._name} says that it failed: {_said(notice)[:300]!r}")
        return found

    @cached_property
    def convention(self) -> Convention | None:
        """How this run counts; None where nobody knows."""
        name = self._name.lower().split()
        if name and name[0] in TOOLS:
            return TOOLS[name[0]]
        kind = self.tree.get("columnKind")
        return None if kind is None else COLUMN_KINDS[kind]

    def path(self, location: Mapping[str, Any]) -> str:
        """Where an artifact is (3.4): a path, absolute if the run says so much; the URI where it is no file's."""
        uri, base = location.get("uri"), location.get("uriBaseId")
        if uri is None:
            index = location.get("index", -1)
            return "" if index < 0 else self.path(self.artifacts[index]["location"] | {"index": -1})
        bases = dict(self.tree.get("originalUriBaseIds") or {})
        while base in bases:
            folder = bases.pop(base)
            if "uri" in folder:
                uri = urljoin(f"{folder['uri'].rstrip('/')}/", uri)
            base = folder.get("uriBaseId")
        parts = urlsplit(uri)
        return unquote(parts.path) if parts.scheme in ("", "file") else str(uri)

    def _finding(self, result: Mapping[str, Any]) -> Finding:
        rule = self._rule(result)
        code = str(result.get("ruleId") or result.get("rule", {}).get("id") or rule.get("id", ""))
        severity_, kind = _rating(code, result, rule)
        message = self._message(result, rule)
        finding = Finding(code, message, severity=severity_, kind=kind, convention=self.convention)
        places = [location.get("physicalLocation") or {} for location in result.get("locations") or ()]
        place = next((place for place in places if "artifactLocation" in place), None)
        if place is None:
            target = result.get("analysisTarget") or {}
            return _placed(replace(finding, file=self.path(target)), places[0].get("region") or {} if places else {})
        return _placed(replace(finding, file=self.path(place["artifactLocation"])), place.get("region") or {})

    def _rule(self, result: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the tool says of the rule of a result (3.27.7), if anything."""
        reference = result.get("rule") or {}
        component = reference.get("toolComponent", {}).get("index", -1)
        owner = self._driver if component < 0 else self.tree["tool"]["extensions"][component]
        rules: list[Mapping[str, Any]] = owner.get("rules") or []
        index: int = result.get("ruleIndex", reference.get("index", -1))
        if index >= 0:
            return rules[index]
        name = str(result.get("ruleId") or reference.get("id", ""))
        named = (rule for key in (name, name.rpartition("/")[0]) for rule in rules if rule["id"] == key)
        return next(named, {})

    def _message(self, result: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
        """The text of a message (3.11), looked up where the result only names it, its arguments filled in."""
        message = result.get("message") or {}
        text = message.get("text")
        if text is None:
            known = {**(self._driver.get("globalMessageStrings") or {}), **(rule.get("messageStrings") or {})}
            text = known.get(message.get("id"), {}).get("text", message.get("markdown", ""))
        arguments = message.get("arguments") or ()
        filled = _PLACEHOLDER.sub(
            lambda match: str(arguments[int(match[1])]) if int(match[1]) < len(arguments) else match[0], text
        )
        return filled if arguments else str(text)


def _rating(code: str, result: Mapping[str, Any], rule: Mapping[str, Any]) -> tuple[Severity, Kind]:
    """Severity and kind (3.27.10, 3.49.14, 3.50.3), with the properties by which code hosts rank security findings."""
    bags = [owner.get("properties") or {} for owner in (result, rule)]
    tags = [str(tag).lower() for bag in bags for tag in [*(bag.get("tags") or ()), bag.get("category", "")]]
    kind = next((TAGS[tag] for tag in tags if tag in TAGS), Kind.LOGIC)
    scores = [str(bag["security-severity"]) for bag in bags if "security-severity" in bag]
    if scores and _SCORE.fullmatch(scores[0]):
        score = float(scores[0])
        return rated(code, next((name for least, name in _SCORES if score >= least), Severity.LOW), Kind.SECURITY)
    usual = "warning" if result.get("kind", "fail") == "fail" else "none"
    default = (rule.get("defaultConfiguration") or {}).get("level") if usual == "warning" else None
    return rated(code, severity(result.get("level") or default or usual), kind)


def _placed(finding: Finding, region: Mapping[str, Any]) -> Finding:
    """The finding at a region, whose defaults are those of section 3.30."""
    line, column, end_line, end_column, offset, length, at, bytes_ = (
        _number(region, key)
        for key in (
            "startLine", "startColumn", "endLine", "endColumn", "charOffset", "charLength", "byteOffset", "byteLength",
        )
    )  # fmt: skip
    if line is not None and (column, end_column) != (None, None):
        return replace(
            finding,
            line=line,
            column=1 if column is None else column,
            end_line=line if end_line is None else end_line,
            end_column=END_OF_LINE if end_column is None else end_column,
        )
    if offset is not None and offset >= 0:
        return replace(finding, offset=offset, end_offset=offset + (length or 0))
    if at is not None and at >= 0:
        return replace(finding, offset=at, end_offset=at + (bytes_ or 0), convention=BYTES)
    return replace(finding, line=line, end_line=end_line)


def _number(region: Mapping[str, Any], key: str) -> int | None:
    value = region.get(key)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise TypeError(f"{key} is {value!r:.40}, expected a whole number")
    return value


def _said(notice: Mapping[str, Any]) -> str:
    return str(notice.get("message", {}).get("text", ""))
