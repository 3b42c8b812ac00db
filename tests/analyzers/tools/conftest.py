from pathlib import Path, PurePath

import pytest

from analyzers import tool
from analyzers.errors import ToolMissing
from analyzers.types import Source

CAPTURED = Path(__file__).parent / "captured"


@pytest.fixture
def captured():
    """What a tool once wrote, by the name of the file that it is kept in."""
    return lambda name: (CAPTURED / name).read_text(encoding="utf-8")


@pytest.fixture
def installed(request):
    """Skips, with the reason, where the command of the module's `ANALYZER` is not installed."""
    try:
        request.module.ANALYZER.fingerprint()
    except ToolMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def codes(request, installed):
    """`codes(*texts)`: what the module's `ANALYZER` finds in each program of a batch, in its first language by default."""
    analyzer = request.module.ANALYZER

    def run(*texts, language=analyzer.languages[0]):
        return [[item.code for item in items] for items in analyzer.run([Source(text, language) for text in texts])]

    return run


def put_one(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


@pytest.fixture
def plant(monkeypatch, tmp_path):
    """`plant({".rc": text})` puts files where a tool may come upon them: beside the programs, in the folders above
    them, and in the home of whoever runs it."""

    def put(files):
        contents = {name: text.encode() for name, text in files.items()}
        write = tool._write

        def write_beside(folder, programs):
            places = {str(PurePath(name).parent) for name in programs} | {"."}
            around = {f"{place}/{name}": data for place in places for name, data in contents.items()}
            write(folder, around | programs)
            for name, data in contents.items():
                put_one(folder.parent / name, data)

        monkeypatch.setattr(tool, "_write", write_beside)
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        for name, data in contents.items():
            put_one(tmp_path / name, data)

    return put
