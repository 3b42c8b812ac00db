"""perlcritic: lint of Perl, which it reads without running anything. https://metacpan.org/pod/Perl::Critic

`support/perl_critic.pl` tells lines and columns from 1, in bytes, and ends, which the command perlcritic does not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analyzers.findings import Finding
from analyzers.parsers import from_json
from analyzers.positions import Convention, Unit
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

RATINGS = {
    "SyntaxError": (Severity.FATAL, Kind.SYNTAX),
    "BuiltinFunctions::ProhibitStringyEval": (Severity.HIGH, Kind.SECURITY),
    "BuiltinFunctions::ProhibitVoidGrep": (Severity.LOW, Kind.LOGIC),
    "BuiltinFunctions::ProhibitVoidMap": (Severity.LOW, Kind.LOGIC),
    "ControlStructures::ProhibitMutatingListFunctions": (Severity.MEDIUM, Kind.LOGIC),
    "ControlStructures::ProhibitUnreachableCode": (Severity.MEDIUM, Kind.LOGIC),
    "ControlStructures::ProhibitYadaOperator": (Severity.MEDIUM, Kind.LOGIC),
    "InputOutput::ProhibitBacktickOperators": (Severity.MEDIUM, Kind.SECURITY),
    "InputOutput::ProhibitReadlineInForLoop": (Severity.LOW, Kind.LOGIC),
    "InputOutput::ProhibitTwoArgOpen": (Severity.MEDIUM, Kind.SECURITY),
    "InputOutput::RequireCheckedOpen": (Severity.LOW, Kind.LOGIC),
    "RegularExpressions::ProhibitCaptureWithoutTest": (Severity.MEDIUM, Kind.LOGIC),
    "RegularExpressions::ProhibitUnusedCapture": (Severity.LOW, Kind.STYLE),
    "Subroutines::ProhibitNestedSubs": (Severity.MEDIUM, Kind.LOGIC),
    "Subroutines::ProhibitReturnSort": (Severity.MEDIUM, Kind.LOGIC),
    "Subroutines::ProhibitSubroutinePrototypes": (Severity.LOW, Kind.LOGIC),
    "ValuesAndExpressions::ProhibitCommaSeparatedStatements": (Severity.LOW, Kind.LOGIC),
    "ValuesAndExpressions::ProhibitLeadingZeros": (Severity.MEDIUM, Kind.LOGIC),
    "ValuesAndExpressions::ProhibitMismatchedOperators": (Severity.MEDIUM, Kind.LOGIC),
    "ValuesAndExpressions::ProhibitMixedBooleanOperators": (Severity.MEDIUM, Kind.LOGIC),
    "Variables::ProhibitAugmentedAssignmentInDeclaration": (Severity.MEDIUM, Kind.LOGIC),
    "Variables::ProhibitConditionalDeclarations": (Severity.MEDIUM, Kind.LOGIC),
    "Variables::ProhibitReusedNames": (Severity.LOW, Kind.LOGIC),
    "Variables::ProhibitUnusedVariables": (Severity.LOW, Kind.STYLE),
    "Variables::RequireLexicalLoopIterators": (Severity.LOW, Kind.LOGIC),
}
"""A character that no program holds, and the policies that find defects; all others are off."""
SUPPORT = "perl_critic.pl"
PROFILE = "only = 1\n" + "".join(f"[{policy}]\n" for policy in RATINGS if "::" in policy)


def _finding(record: dict[str, Any]) -> Finding:
    severity, kind = rate(RATINGS, record["code"])
    return Finding(
        record["code"], record["message"], record["line"], record["column"], record["line"], record["end_column"],
        severity=severity, kind=kind, file=record["file"],
    )  # fmt: skip


ANALYZER = Tool(
    name="perlcritic",
    languages=("perl",),
    argv=("perl", "{settings}/" + SUPPORT, "{settings}/perlcriticrc", "{files}"),
    parse=from_json(_finding),
    convention=Convention(unit=Unit.BYTE),
    package="debian:libperl-critic-perl",
    needs=("perlcritic",),
    ok_exit_codes=(0,),
    settings={SUPPORT: (Path(__file__).parent / "support" / SUPPORT).read_text("utf-8"), "perlcriticrc": PROFILE},
    batch_size=256,
    timeout_s=60.0,
    version_argv=("-MPerl::Critic", "-e", "print $Perl::Critic::VERSION"),
)

GOOD = [
    "# é😀\nuse strict;\nuse warnings;\n\nsub add {\n    my ($x, $y) = @_;\n    return $x + $y;\n}\n\nprint add(1);\n",
    "use utf8;\nmy $é = “😀”;\nprint $é;\n",
    "\n",
]
BAD = [
    ('my $s = "é😀"; eval $s; ## no critic\n', "BuiltinFunctions::ProhibitStringyEval", "eval"),
    ('my $s = "é😀"; my $n = 1 if $s; print $n;\n', "Variables::ProhibitConditionalDeclarations", "my $n = 1 if $s;"),
    ('my $s = "é😀"; print 1 if $s == "abc";\n', "ValuesAndExpressions::ProhibitMismatchedOperators", "=="),
    ('sub f { return "é😀"; print 1; }\n', "ControlStructures::ProhibitUnreachableCode", "print 1;"),
    ('sub f { my $s = "é😀"; sub g { } return $s; }\n', "Subroutines::ProhibitNestedSubs", "sub g { }"),
    ('my $s = "é😀"; $s =~ /(.)/; print $1;\n', "RegularExpressions::ProhibitCaptureWithoutTest", "$1"),
    ('\nmy $s = "é😀"; \0;\n', "SyntaxError", "\0"),
]
