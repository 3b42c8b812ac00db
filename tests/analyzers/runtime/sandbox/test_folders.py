"""The folder of a fork server between programs: whatever one leaves, the next one finds an empty folder."""

import os
from pathlib import Path

import pytest

from analyzers.runtime.sandbox import folders


@pytest.fixture
def folder(tmp_path):
    for name in ("built", "open"):
        (tmp_path / "place" / name).mkdir(parents=True)
    return folders.Folder(None, path=str(tmp_path / "place"))


def fresh(folder):
    work = Path(folder.work)
    assert os.listdir(folder.open) == ["work"]
    assert not work.is_symlink()
    assert list(work.iterdir()) == []
    assert work.stat().st_mode & 0o777 == 0o700


def test_what_was_made_is_kept_where_programs_read(folder):
    Path(folder.work, "main").write_text("new")
    Path(folder.built, "main").mkdir()
    folder.renew(keep=True)
    assert Path(folder.built, "main").read_text() == "new"
    fresh(folder)


@pytest.mark.parametrize("keep", [False, True])
def test_a_link_in_its_place_is_not_followed(folder, tmp_path, keep):
    outside = tmp_path / "outside"
    outside.mkdir(0o700)
    (outside / "canary").write_text("alive")
    os.rename(folder.work, folder.work + "-away")
    os.symlink(outside, folder.work)
    folder.renew(keep=keep)
    fresh(folder)
    assert (outside / "canary").read_text() == "alive"
    assert os.listdir(folder.built) == []


def test_a_link_to_an_empty_folder_is_no_empty_folder(folder, tmp_path):
    (tmp_path / "empty").mkdir(0o700)
    os.rmdir(folder.work)
    os.symlink(tmp_path / "empty", folder.work)
    folder.renew()
    fresh(folder)


@pytest.mark.parametrize("keep", [False, True])
def test_nothing_in_its_place_and_something_beside_it(folder, keep):
    os.rmdir(folder.work)
    Path(folder.open, "message").write_text("to the next one")
    os.symlink("/", Path(folder.open, "root"))
    folder.renew(keep=keep)
    fresh(folder)


def test_what_is_kept_may_be_links(folder, tmp_path):
    canary = tmp_path / "canary"
    canary.write_text("alive")
    canary.chmod(0o666)
    os.symlink(canary, Path(folder.work, "main"))
    os.link(canary, Path(folder.work, "other"))
    folder.renew(keep=True)
    assert folder.place({"main": "bmV3", "other": "bmV3"}) == ""
    assert (Path(folder.built, "main").read_text(), canary.read_text()) == ("new", "alive")
    assert (canary.stat().st_mode & 0o777, canary.stat().st_nlink) == (0o666, 1)


def test_it_is_emptied_whatever_is_in_it(folder):
    deep = os.open(folder.work, os.O_RDONLY)
    for _ in range(1100):
        os.mkdir("d" * 100, dir_fd=deep)
        deep, above = os.open("d" * 100, os.O_RDONLY, dir_fd=deep), deep
        os.close(above)
    os.close(deep)
    locked = Path(folder.work, "locked")
    locked.mkdir()
    (locked / "file").write_text("")
    locked.chmod(0)
    Path(folder.work, "itself").symlink_to("itself")
    os.chmod(folder.work, 0)
    folder.renew()
    fresh(folder)


def test_an_empty_folder_stays(folder):
    before = os.stat(folder.work).st_ino
    folder.renew()
    assert os.stat(folder.work).st_ino == before
