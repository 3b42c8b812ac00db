from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rewards import __main__ as command
from rewards.schemes import Need, needs
from rewards.serve import __main__ as serve_command
from rewards.serve import server


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, main: Any = serve_command.main) -> int:
    monkeypatch.setattr(sys, "argv", ["rewards.serve", *arguments])
    with pytest.raises(SystemExit) as done:
        main()
    assert isinstance(done.value.code, int)
    return done.value.code


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What would be served: nothing waits, and no program is run."""
    given: dict[str, Any] = {}

    def serve(listening: Any, judging: Any, bounds: Any, *, token: str | None) -> None:
        given.update(address=listening.getsockname(), judging=judging, bounds=bounds, token=token)

    monkeypatch.setattr(server, "serve", serve)
    monkeypatch.delenv("SPANWISE_TOKEN", raising=False)
    return given


def test_help_teaches_by_examples(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, main in ((["--help"], serve_command.main), (["serve", "--help"], command.main)):
        assert run(monkeypatch, *arguments, main=main) == 0
        shown = capsys.readouterr().out
        for word in ("python -m rewards.serve", "curl", "--token-file", "--isolation", "--queue", "Exit status"):
            assert word in shown
        assert "--language" not in shown
        assert "--tests" not in shown


def test_options_become_settings(monkeypatch: pytest.MonkeyPatch, served: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "token").write_text("0123456789abcdef\n")
    options = ["--port", "0", "--analyzers", "syntax,pyflakes", "--scheme", "rltf", "--scheme-arg", "alpha_cap=4"]
    options += ["--workers", "1", "--queue", "7", "--max-body", "2", "--drain", "3.5"]
    options += ["--token-file", str(tmp_path / "token"), "--host", "0.0.0.0"]
    assert run(monkeypatch, *options) == 0
    assert served["address"][0] == "0.0.0.0"
    assert served["token"] == "0123456789abcdef"
    judging, bounds = served["judging"], served["bounds"]
    assert (judging.analyzers, judging.scheme, judging.tier) == (
        ("syntax", "pyflakes"),
        ("rltf", {"alpha_cap": 4}),
        None,
    )
    assert (bounds.room, bounds.max_body, bounds.drain_s) == (7, 2 << 20, 3.5)


def test_programs_are_watched_as_the_scheme_demands(monkeypatch: pytest.MonkeyPatch, served: dict[str, Any]) -> None:
    assert run(monkeypatch, "--port", "0", "--analyzers", "syntax", "--scheme", "executed") == 0
    assert served["judging"].limits.executed
    assert Need.EXECUTED in needs(served["judging"].scorer("executed").scheme)
    assert run(monkeypatch, "--port", "0", "--analyzers", "syntax") == 0
    assert served["judging"].limits is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--prt", "1"], "no such option: --prt; did you mean --port?"),
        (
            ["--host", "0.0.0.0"],
            "'0.0.0.0' can be reached from other machines, whose users could run programs here: set",
        ),
        (["--analyzers", "pylnt"], "unknown analyzer 'pylnt'; did you mean pylint"),
        (["--scheme", "statc"], "unknown scheme 'statc'; did you mean 'static'?"),
        (["--isolation", "strickt"], "no isolation tier 'strickt'; did you mean 'strict'?"),
        (["--port", "99999"], "'--port': Input should be less than or equal to 65535"),
        (["--queue", "0"], "'--queue': Input should be greater than or equal to 1"),
        (["--token-file", "/no/such/file"], "No such file or directory"),
        (["extra"], "unexpected extra argument"),
    ],
)
def test_bad_usage_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    served: dict[str, Any],
    options: list[str],
    said: str,
) -> None:
    assert run(monkeypatch, "--port", "0", *options) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.startswith("error: ")
    assert shown.count("\n") == 1
    assert served == {}


def test_a_token_that_is_none_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], served: dict[str, Any]
) -> None:
    monkeypatch.setenv("SPANWISE_TOKEN", "too-short")
    assert run(monkeypatch, "--port", "0") == 2
    assert "SPANWISE_TOKEN holds no token" in (said := capsys.readouterr().err)
    assert "too-short" not in said


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for module in [name for name in sys.modules if name.startswith("rewards.serve.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.delattr("rewards.serve.server")
    monkeypatch.delattr("rewards.serve.app")
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert run(monkeypatch, "--port", "0") == 2
    assert capsys.readouterr().err == "error: the service needs uvicorn: pip install 'spanwise[serve]'\n"


def test_nobody_else_loads_what_the_service_needs() -> None:
    code = """
import sys, rewards, rewards.__main__, rewards.serve, rewards.serve.messages, rewards.serve.__main__
found = {"fastapi", "starlette", "uvicorn", "prometheus_client", "httpx2", "stamina"} & set(sys.modules)
sys.exit(", ".join(sorted(found)) or 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
