"""How commands end, and what they say while they run."""

import warnings

import pytest
import typer

from analyzers import command_line


def run(function, capsys):
    app = typer.Typer(add_completion=False)
    app.command()(function)
    with pytest.raises(SystemExit) as ended:
        command_line.run(app, prog="p", arguments=[])
    return ended.value.code, capsys.readouterr().err


def test_a_warning_is_a_line_without_a_place_in_the_code(capsys):
    shown, before = [], warnings.formatwarning

    def command() -> None:
        shown.extend(
            warnings.formatwarning("2 rows are left out", kind, "file.py", 7, "code()")
            for kind in (UserWarning, DeprecationWarning)
        )

    assert run(command, capsys) == (0, "")
    assert shown[0] == "warning: 2 rows are left out\n"
    assert shown[1].startswith("file.py:7: DeprecationWarning")
    assert warnings.formatwarning is before


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (ValueError("bad\nvalue"), 2, "error: bad value\n"),
        (FileNotFoundError("no file"), 2, "error: no file\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_is_wrong_is_one_line(error, status, said, capsys):
    before = warnings.formatwarning

    def command() -> None:
        raise error

    assert run(command, capsys) == (status, said)
    assert warnings.formatwarning is before
