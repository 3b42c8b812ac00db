import pytest

from analyzers.findings import Finding
from analyzers.tools.clang_tidy import ANALYZER
from analyzers.types import Source


def test_the_output_is_understood(captured):
    assert list(ANALYZER.parse(captured("clang_tidy.yaml"))) == [
        Finding(
            "clang-analyzer-core.NullDereference",
            "Dereference of null pointer (loaded from variable 'p')",
            offset=135,
        )
    ]


DEFECT = "int f(int a) {{ int *p = 0; {} return *p + a; }}  {}\n"


@pytest.mark.parametrize(
    "text",
    [
        DEFECT.format("", "// NOLINT"),
        "// NOLINTBEGIN\n" + DEFECT.format("", "") + "// NOLINTEND\n",
        DEFECT.format("[[clang::suppress]]", ""),
        DEFECT.format("__attribute__((suppress))", ""),
        DEFECT.format('[[gsl::suppress("x")]]', ""),
        "#ifndef __clang_analyzer__\n" + DEFECT.format("", "") + "#endif\n",
    ],
)
def test_comments_and_attributes_suppress_nothing(installed, text):
    (found,) = ANALYZER.run([Source(text, "cpp")])
    assert "clang-analyzer-core.NullDereference" in [item.code for item in found]


def test_configuration_beside_the_program_changes_nothing(installed, plant):
    plant({".clang-tidy": "Checks: '-*'\n"})
    (found,) = ANALYZER.run([Source(DEFECT.format("", ""), "c")])
    assert [item.code for item in found] == ["clang-analyzer-core.NullDereference"]
