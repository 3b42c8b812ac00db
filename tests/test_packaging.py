"""What is built is what is needed: four packages, their data files, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"analyzers", "rewards", "trainer", "grammars"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def test_the_wheel_holds_exactly_the_four_packages(wheel):
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES


def test_the_wheel_holds_every_tracked_file_of_the_packages(wheel):
    listed = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout, so there is no list of files to compare with")
    assert set(listed.stdout.split()) - set(wheel.namelist()) == set()


def test_the_licence_travels(wheel):
    assert any(name.endswith("LICENSE") for name in wheel.namelist())


def test_no_file_is_longer_than_500_lines():
    folders = [ROOT / name for name in (*PACKAGES, "tests", "benchmarks", "examples")]
    lengths = {path: len(path.read_text("utf-8").splitlines()) for folder in folders for path in folder.rglob("*.py")}
    assert {str(path): length for path, length in lengths.items() if length > 500} == {}
