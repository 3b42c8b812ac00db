"""How the commands of the project end: whatever is wrong with their arguments is one line and exit status 2."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from grammars import ownership

BAD_USAGE = 2
INTERRUPTED = 130


def run(app: typer.Typer, *, prog: str, arguments: list[str] | None = None) -> NoReturn:
    """Runs a command and ends the process with its exit status."""
    try:
        ownership.check()
        with _plain_warnings():
            status = app(arguments, prog_name=prog, standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    except typer.TyperException as error:
        why = reason(error)
        status = refuse(why) if why else BAD_USAGE  # without any arguments the help has been shown
    except (ValueError, OSError, ownership.ForeignPackage) as error:
        status = refuse(str(error))
    sys.exit(status or 0)


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """A warning is a line to the user, without the place in the code that concerns developers alone."""
    with_place = warnings.formatwarning

    def format_(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
    ) -> str:
        if category is UserWarning:
            return f"warning: {message}\n"
        return with_place(message, category, filename, lineno, line)

    warnings.formatwarning = format_
    try:
        yield
    finally:
        warnings.formatwarning = with_place


def reason(error: Exception) -> str:
    """What was wrong with the command line, and the closest option where one is close."""
    close = getattr(error, "possibilities", None)
    if close:
        return f"no such option: {getattr(error, 'option_name', '')}; did you mean {' or '.join(close)}?"
    said: str = getattr(error, "format_message", error.__str__)()
    return said


def refuse(why: str) -> int:
    """Says on one line why nothing was done; the exit status of bad usage."""
    print("error:", " ".join(why.split()), file=sys.stderr)
    return BAD_USAGE
