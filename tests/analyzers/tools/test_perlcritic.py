import pytest

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.tools.perlcritic import ANALYZER
from analyzers.types import Kind, Severity, Source


def test_the_output_is_understood(captured):
    dangerous = {"severity": Severity.HIGH, "kind": Kind.SECURITY}
    assert list(ANALYZER.parse(captured("perlcritic.json"))) == [
        Finding(
            "BuiltinFunctions::ProhibitStringyEval",
            'Expression form of "eval"',
            1,
            19,
            1,
            23,
            file="p0.pl",
            **dangerous,
        ),
        Finding("ControlStructures::ProhibitUnreachableCode", "Unreachable code", 1, 19, 1, 27, file="p1.pl"),
    ]


@pytest.mark.parametrize("output", ["", "Can't locate Perl/Critic.pm", '{"a": 1}', '[{"code": "A::B"}]'])
def test_other_output_is_a_failure(output):
    with pytest.raises(AnalyzerFailed):
        list(ANALYZER.parse(output))


def codes(*texts):
    found = ANALYZER.run([Source(text, "perl") for text in texts])
    return [[item.code.rpartition("::")[2] for item in items] for items in found]


PROGRAM = "%s\n%s\nmy $s = 'é😀'; eval $s; %s\n"


def test_comments_suppress_nothing(installed):
    words = ["## no critic", "## no critic (ProhibitStringyEval)", "## no critic qw(BuiltinFunctions)"]
    assert codes(*[PROGRAM % (word, word, word) for word in words]) == [["ProhibitStringyEval"]] * 3
    assert codes("#!/usr/bin/perl ## no critic\n" + PROGRAM % ("", "", "")) == [["ProhibitStringyEval"]]


def test_configuration_in_the_folders_changes_nothing(installed, plant):
    plant(
        {".perlcriticrc": "only = 1\n", "perlcriticrc": "only = 1\n", "Perl/Critic.pm": "die;\n", ".perltidyrc": "-b\n"}
    )
    assert codes(PROGRAM % ("", "", ""), "my $x = 1;\nprint $x;\n") == [["ProhibitStringyEval"], []]


def test_nothing_of_the_program_is_run(installed, tmp_path):
    touched = tmp_path / "touched"
    text = f"BEGIN {{ open(my $f, '>', '{touched}'); }}\nuse lib '.'; use p1;\n`touch {touched}`;\n1;\n"
    codes(text, text)
    assert not touched.exists()


@pytest.mark.parametrize(
    "text", ["", " \n", "\ufeffprint 1;", "my $é = “x”;", "sub {", "<<EOT;\n", "s/(/é😀", "__END__\n\0", "=pod\n"]
)
def test_strange_texts_do_not_hide_the_others(installed, text):
    assert codes(text, PROGRAM % ("", "", ""))[1] == ["ProhibitStringyEval"]
