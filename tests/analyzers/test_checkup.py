import pytest

from analyzers import checkup, examples, registry
from analyzers.checkup import Result
from analyzers.errors import ToolMissing

HEAD = """
import os, re
from analyzers.plugin import analyzer
from analyzers.findings import Finding
from analyzers.positions import Convention, Unit
from analyzers.inprocess.base import InProcess

GOOD = ["y = 1\\n"]
BAD = [('s = "é😀"; mark = 1\\n', "mark", "mark")]
"""
SOUND = '''
@analyzer("mark", languages="python")
def mark(program):
    """What every test here breaks in one way."""
    for match in re.finditer("mark", program.text):
        yield match, "found"
'''


@pytest.fixture
def add(tmp_path):
    def write(text):
        path = tmp_path / "mine.py"
        path.write_text(HEAD + text, encoding="utf-8")
        (name,) = registry.add(path)
        return name

    return write


def results(name, last="speed"):
    """The steps up to one of them."""
    found = {}
    for step in checkup.check(name):
        found[step.name] = (step.result, step.detail)
        if step.name == last:
            break
    return found


def result(name, step):
    return results(name, step)[step]


def test_a_sound_analyzer_passes(add):
    found = results(add(SOUND))
    assert [name for name, (result, _) in found.items() if result is not Result.PASSED] == []
    assert list(found) == [
        "good examples", "bad examples", "positions", "repeatable", "odd programs", "large programs", "speed"
    ]  # fmt: skip
    assert "ms cold" in found["speed"][1]
    assert checkup.unmet("mark") == []


def test_examples_that_do_not_hold(add):
    found = results(add(SOUND.replace('"mark", program', '"y", program') + "GOOD += ['z']\n"), "bad examples")
    assert found["good examples"] == (Result.FAILED, "expected nothing in 'y = 1\\n', found [('mark', 'y')]")
    assert found["bad examples"][0] is Result.FAILED
    assert found["bad examples"][1].endswith("found nothing")
    assert len(checkup.unmet("mark")) == 2


def test_examples_that_are_missing(add):
    found = results(add(SOUND + "GOOD = []\ndel BAD\n"), "bad examples")
    assert found["good examples"] == (Result.FAILED, "there are none; give GOOD")
    assert found["bad examples"] == (Result.FAILED, "there are none; give BAD")
    assert checkup.unmet("mark") == ["mark needs GOOD and BAD examples; it has 0 and 0"]


def test_an_analyzer_that_counts_bytes_as_code_points(add):
    wrong = """
def check(text):
    for match in re.finditer(b"mark", text.encode()):
        yield Finding("mark", "found", offset=match.start(), end_offset=match.end())

ANALYZER = InProcess(name="mark", languages=("python",), check=check, convention=Convention())
"""
    ascii_only = "BAD = [('mark = 1\\n', 'mark', 'mark')]\n"
    found = results(add(wrong + ascii_only), "positions")
    assert found["bad examples"][0] is Result.PASSED
    assert found["positions"] == (Result.FAILED, "no BAD example has '😀' before the defect on its line")
    assert result(add(wrong), "bad examples")[0] is Result.FAILED
    right = wrong.replace("Convention()", "Convention(unit=Unit.BYTE)")
    assert result(add(right), "positions")[0] is Result.PASSED


def test_an_analyzer_that_only_errs_once_the_program_is_moved(add):
    # right on every example, since it counts the first line as it should and everything below as bytes
    text = SOUND.replace(
        "yield match,",
        "shift = 2 if program.text.startswith('#') else 0\n        yield (match.start() + shift, match.end() + shift),",
    )
    assert result(add(text), "positions") == (Result.FAILED, "spans do not follow a line '# é😀\\n' above")


@pytest.mark.parametrize(
    "body",
    ["yield (0, 1), str(os.getpid())", "seen.append(1); yield (0, 1), str(len(seen))"],
    ids=["process", "history"],
)
def test_an_analyzer_that_answers_otherwise_the_second_time(add, body):
    name = add(f"seen = []\n{SOUND}        {body}\n")
    state, detail = result(name, "repeatable")
    assert state is Result.FAILED
    assert "other findings the second time on 's = " in detail


def test_an_analyzer_that_odd_programs_break(add):
    state, detail = result(add(SOUND.replace("for match", "program.text.encode()\n    for match")), "odd programs")
    assert state is Result.FAILED
    assert detail.startswith("lone surrogate: failed (mark raised UnicodeEncodeError")


def test_an_analyzer_that_large_programs_break(add):
    text = SOUND.replace("for match", "assert len(program.text) < 100_000, 'too much for me'\n    for match")
    state, detail = result(add(text), "large programs")
    assert state is Result.WARNING
    assert "20,000 lines: failed" in detail
    assert "too much for me" in detail


def test_a_tool_that_is_missing(add):
    name = add(SOUND.replace('"python"', '"python", packages=("no-such-package",)'))
    with pytest.raises(ToolMissing, match="pip install no-such-package"):
        checkup.unmet(name)
    with pytest.raises(ToolMissing, match="pip install no-such-package"):
        list(checkup.check(name))


def test_examples_of_several_analyzers_in_a_file_and_of_other_languages(add, tmp_path):
    path = tmp_path / "two.py"
    path.write_text(
        HEAD + SOUND + SOUND.replace('"mark", lang', '"other", lang').replace("def mark", "def other")
        + "GOOD = {'mark': ['a', ('b', 'cpp')]}\nBAD = {'other': [('mark', 'other', 'mark', 'lua')]}\n"
    )  # fmt: skip
    registry.add(path)
    assert [(item.program, item.language) for item in examples.of("mark").good] == [("a", "python"), ("b", "cpp")]
    assert examples.of("mark").bad == ()
    assert examples.of("other").bad == (examples.Example("mark", "lua", "other", "mark"),)


@pytest.mark.parametrize("line", ["GOOD = [7]", "GOOD = [('a', 'b', 'c')]", "BAD = ['mark']", "BAD = [('a', 1, 'b')]"])
def test_examples_of_another_form(add, line):
    with pytest.raises(examples.BadExamples, match=r"mark has the example .*, expected|items of GOOD"):
        examples.of(add(f"{SOUND}{line}\n"))
