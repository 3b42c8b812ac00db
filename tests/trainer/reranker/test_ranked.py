import json

from analyzers.runtime.tests import Asserts
from rewards.reranking.pools import Candidate, Pool
from rewards.reranking.recipes import parse
from tests.trainer.reranker.test_gather import FIRST, TESTS, Judge
from trainer.evaluation.samples import Given, read
from trainer.reranker.gather import Written
from trainer.reranker.ranked import Means, Wanted, known, write
from trainer.types import Task

TASKS = [Task(name, f"prompt {name}", TESTS, shown=FIRST) for name in "ab"]


def written(*texts):
    return [Written(task, tuple(Given("f", task.id, text) for text in texts)) for task in TASKS]


def found(path, judge, given, **changed):
    told = []
    pools = known(given, Wanted(**changed), Means(judge), path, lambda *counts: told.append(counts))
    return list(pools), told


def test_what_is_known_is_not_found_out_again(tmp_path):
    path, judge = tmp_path / "known", Judge()
    first, told = found(path, judge, written("2", "0"))
    assert [[each.passed for each in pool.candidates] for pool in first] == [[True, False]] * 2
    assert told == [(1, 2), (2, 2)]
    asked = len(judge.asked)
    assert found(path, judge, written("2", "0"))[0] == first
    assert len(judge.asked) == asked
    # what a crash has cut short is found out again, and nothing else
    path.write_bytes(path.read_bytes()[:-30])
    assert found(path, judge, written("2", "0"))[0] == first
    assert len(judge.asked) == asked + 2


def test_other_samples_or_wishes_are_found_out(tmp_path):
    path, judge = tmp_path / "known", Judge()
    found(path, judge, written("2"))
    changed = [(written("1"), {}), (written("2"), {"tests": "shown"}), (written("2"), {"analyzers": ("pylint",)})]
    for given, wishes in changed:
        before = len(judge.asked)
        found(path, judge, given, **wishes)
        assert len(judge.asked) > before
    shown = found(path, judge, written("2"), tests="shown")[0][0].candidates[0]
    assert (shown.passed, shown.public) == (None, True)


def test_candidates_are_written_best_first_and_read_as_samples(tmp_path):
    path = tmp_path / "ranked.jsonl"
    given = [Written(TASKS[0], (Given("f", "a", "low"), Given("f", "a", "high\ud800", whole=True)))]
    pools = [Pool("a", "p", (Candidate("low", logprob=-2.0, passed=True), Candidate("high\ud800", logprob=-1.0)))]
    write(path, given, pools, parse("logprob:2"))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines[0] == {
        "task_id": "a", "rank": 1, "place": 1, "score": -2.0, "parts": {"logprob": -1.0}, "solution": "high\ud800",
    }  # fmt: skip
    assert (lines[1]["rank"], lines[1]["passed"], lines[1]["completion"]) == (2, True, "low")
    again = list(read(path))
    assert [(each.text, each.whole) for each in again] == [("high\ud800", True), ("low", False)]


def test_candidates_are_asked_as_whole_programs(tmp_path):
    shown = Asserts(("assert add(1, 2) == 3",))
    task = Task("t", "p", TESTS, prefix="def add(a, b):\n", shown=shown)
    samples = (Given("f", "t", "    return a + b\n"), Given("f", "t", "def add(a, b): return 3\n", whole=True))
    ran = []

    class Executor:
        def calls(self, program, function, inputs, *, hash_seed, clock):
            ran.append((program, function, len(inputs)))
            return []

    wanted, means = Wanted(tests="none", inputs=4), Means(Judge(), executor=Executor())
    list(known([Written(task, samples)], wanted, means, None, lambda done, total: None))
    assert ran == [("def add(a, b):\n    return a + b\n", "add", 4), ("def add(a, b): return 3\n", "add", 4)]
