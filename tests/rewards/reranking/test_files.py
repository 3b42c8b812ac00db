import gzip
import json

import pytest

from analyzers.types import Diagnostic, Kind, Location, Severity, Span
from rewards.reranking import files
from rewards.reranking.files import Unread
from rewards.reranking.pools import Candidate, Pool
from rewards.types import Charge, Outcome

FOUND = Charge(
    Diagnostic("pyflakes", "F821", Severity.HIGH, "undefined", Span(2, 3), Kind.NAME, Location.SPAN), Span(0, 1), -0.1
)
FULL = Candidate(
    "return é😀\ud800\n", False, 0.25, -0.5, Outcome.FAILURE, (FOUND,), (), ("1", None), True, truncated=True
)
POOLS = [Pool("a", "prompt\n", (FULL, Candidate("x"))), Pool("b", "", (), "c++")]


@pytest.mark.parametrize("name", ["pools.jsonl", "pools.jsonl.gz"])
def test_pools_come_back_as_they_were(tmp_path, name):
    path = tmp_path / name
    files.write(path, POOLS)
    assert list(files.read(path)) == POOLS
    assert files.load(path) == (POOLS, [])
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_a_file_is_there_once_it_is_whole(tmp_path):
    def failing():
        yield POOLS[0]
        raise RuntimeError("no more")

    path = tmp_path / "pools.jsonl"
    with pytest.raises(RuntimeError, match="no more"):
        files.write(path, failing())
    assert not path.exists()


def test_lines_that_are_no_pool_are_named_and_the_rest_goes_on(tmp_path):
    path = tmp_path / "pools.jsonl"
    tree = json.loads(files.to_line(POOLS[0]))
    tree["candidates"][0]["passed"] = "yes"
    lines = [files.to_line(POOLS[0]), "{", "", "[]", json.dumps({"task_id": "c"}), json.dumps(tree), '{"\udcff"']
    path.write_bytes("\n".join([*lines, files.to_line(POOLS[1])]).encode("utf-8", "surrogateescape"))
    found = list(files.read(path))
    assert [each for each in found if isinstance(each, Pool)] == POOLS
    unread = [each for each in found if isinstance(each, Unread)]
    assert [each.where for each in unread] == [f"{path}, line {number}" for number in (2, 4, 5, 6, 7)]
    assert "not JSON" in unread[0].why
    assert "missing ['candidates', 'prompt']" in unread[2].why
    assert "pool.candidates[0].passed" in unread[3].why
    assert str(unread[0]).startswith(f"{path}, line 2: not JSON")


def test_what_is_behind_a_broken_archive_is_named(tmp_path):
    path = tmp_path / "pools.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n".join(files.to_line(POOLS[0]).encode() for _ in range(50)))[:-20])
    found = list(files.read(path))
    assert "cannot be read on from here" in found[-1].why


def test_a_long_job_goes_on_behind_what_a_crash_cut_short(tmp_path):
    path = tmp_path / "pools.jsonl"
    with files.appending(path) as add:
        add(POOLS[0])
        assert files.load(path) == ([POOLS[0]], [])
    path.write_bytes(path.read_bytes() + files.to_line(POOLS[1]).encode()[:30])
    with files.appending(path) as add:
        add(POOLS[1])
    pools, unread = files.load(path)
    assert (pools, len(unread)) == (POOLS, 1)


def test_of_pools_with_one_id_the_last_holds(tmp_path):
    path = tmp_path / "pools.jsonl"
    later = Pool("a", "p", (Candidate("later"),))
    files.write(path, [*POOLS, later])
    assert files.load(path)[0] == [later, POOLS[1]]


def test_no_file_is_no_pools(tmp_path):
    with pytest.raises(FileNotFoundError):
        files.load(tmp_path / "none.jsonl")
