"""docs/security.md cites what shows each of its rows; what it cites is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "security.md"
RUNTIME = ROOT / "tests" / "analyzers" / "runtime"


def cited():
    """Names in the last column of tables that end with `shown by`."""
    names, inside = [], False
    for line in DOCUMENT.read_text("utf-8").splitlines():
        if not line.startswith("|"):
            inside = False
        elif line.endswith("| shown by |"):
            inside = True
        elif inside:
            names += re.findall(r"`([^`]+)`", line.split("|")[-2])
    return names


def test_what_is_cited_is_there():
    attacks = {path.stem for path in (RUNTIME / "attacks").glob("*/*.py")}
    code = "\n".join(path.read_text("utf-8") for path in RUNTIME.rglob("test_*.py"))
    missing = [
        name for name in cited() if name not in attacks and f"def {name}(" not in code and f'"{name}"' not in code
    ]
    assert not missing
    assert len(cited()) > 80


def test_attacks_are_told_apart_by_their_names():
    names = [path.stem for path in (RUNTIME / "attacks").glob("*/*.py")]
    assert len(names) == len(set(names))


def test_commands_and_paths_of_the_document_are_there():
    text = DOCUMENT.read_text("utf-8")
    for path in re.findall(r"`(?:python )?((?:tests|benchmarks)/[\w/.]+)", text):
        assert (ROOT / path).exists(), path
