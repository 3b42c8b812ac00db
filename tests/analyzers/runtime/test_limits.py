"""What a program finds around it: an empty folder, no environment, its own user id, and the whole standard library."""

import os

import pytest


def test_what_is_kept_of_the_output_is_bounded(run):
    source = "def f(x):\n    for _ in range(300): print('x' * 100000)\n    import sys; sys.stdout.flush()"
    statuses, outcome = run(source, ["assert f(1) == 2"], output_bytes=1_000_000)
    assert statuses == ["error"]
    assert 0 < len(outcome.stdout) <= 1_000_000


def test_the_environment_is_empty(run, monkeypatch):
    monkeypatch.setenv("SPANWISE_SECRET", "hunter2")
    statuses, outcome = run("import os\ndef f(x): return dict(os.environ)", ["assert f(1) == {}"])
    assert statuses == ["passed"], outcome


def test_the_working_folder_is_empty_and_its_own(run):
    source = "import os\nopen('left', 'w').write('x'); os.mkdir('d'); os.chmod('d', 0); os.symlink('/etc', 'link')\ndef f(x): return os.listdir()"
    for _ in range(2):
        statuses, outcome = run(source, ["assert sorted(f(1)) == ['d', 'left', 'link']"])
        assert statuses == ["passed"], outcome


def test_modules_of_the_library_can_be_imported_late(run):
    statuses, outcome = run(
        "def f(x):\n    import csv, sqlite3, xml.dom.minidom, unicodedata\n    return 2", ["assert f(1) == 2"]
    )
    assert statuses == ["passed"], outcome


def test_another_id_where_root(run):
    if os.geteuid():
        pytest.skip("needs root: without it a candidate keeps the user's id")
    statuses, _ = run(
        "import os\ndef f(x): return os.getuid() >= 0x53500000 and os.getuid() == os.geteuid()", ["assert f(1)"]
    )
    assert statuses == ["passed"]
