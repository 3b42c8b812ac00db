"""Scores as columns of a dataset, through the real `datasets`."""

import json
import math
import pickle
import subprocess
import sys

import pytest

import rewards
from analyzers.types import Outcome, Source
from rewards.adapters.datasets import score_map
from rewards.types import Score

ASSERTS = ["assert f(1) == 1", "assert f(2) == 2"]
GOOD, BAD, UNDEFINED = "def f(x):\n    return x\n", "def f(x):\n    return 1\n", "def f(x):\n    return y\n"
SETTINGS = {"analyzers": ["runtime", "pyflakes"], "workers": 1}


pytestmark = pytest.mark.integrations


@pytest.fixture(scope="module")
def datasets():
    return pytest.importorskip("datasets", reason="needs datasets: pip install 'spanwise[trl]'")


def test_a_batch_gets_its_columns():
    made = score_map(**SETTINGS)({"completion": [GOOD, UNDEFINED], "tests": [ASSERTS, json.dumps(ASSERTS)]})
    assert made["reward"][0] == made["base"][0] == 2.0
    # RLTF's -0.6 for an error, -0.3 + 0 for no test passed; then the undefined name.
    assert made["base"][1] == pytest.approx(-0.9)
    assert made["outcome"] == ["pass", "error"]
    assert made["passed"] == [2, 0]
    assert made["tests_run"] == [2, 2]
    assert made["charges"][0] == "[]"
    (charge,) = json.loads(made["charges"][1])
    assert UNDEFINED[charge["start"] : charge["end"]] == "y"
    assert made["reward"][1] == pytest.approx(-0.9 + charge["amount"])


def test_the_whole_score_comes_back():
    made = score_map(full=True, prefix="spanwise_", **SETTINGS)({"completion": [BAD], "tests": [ASSERTS]})
    score = rewards.from_jsonable(json.loads(made["spanwise_score"][0]))
    assert (score.outcome, score.completion, score.value) == (Outcome.FAILURE, BAD, made["spanwise_reward"][0])


def test_what_the_harness_failed_on_is_no_number(monkeypatch):
    function = score_map(**SETTINGS)
    failed = Score(None, None, Outcome.INFRASTRUCTURE, Source("x"), "x")
    monkeypatch.setattr(rewards, "score_batch", lambda items, **_: [failed for _ in items])
    made = function({"completion": ["x"], "tests": [ASSERTS]})
    assert math.isnan(made["reward"][0])
    assert math.isnan(made["base"][0])
    assert made["outcome"] == ["infrastructure"]


def test_a_dataset_is_mapped_in_batches_of_any_size(datasets):
    # Nothing to charge in the first batches, and a charge in a later one: the columns have their types from the first.
    written = [GOOD] * 3 + [UNDEFINED]
    dataset = datasets.Dataset.from_dict({"answer": written, "checks": [ASSERTS] * 4, "number": range(4)})
    function = score_map("answer", columns={"tests": "checks"}, **SETTINGS)
    scored = dataset.map(function, batched=True, batch_size=1, writer_batch_size=1)
    assert scored["outcome"][:] == ["pass", "pass", "pass", "error"]
    assert scored["number"][:] == [0, 1, 2, 3]
    assert {name: feature.dtype for name, feature in scored.features.items() if name not in dataset.features} == {
        "reward": "float64",
        "base": "float64",
        "outcome": "string",
        "passed": "int64",
        "tests_run": "int64",
        "charges": "string",
    }
    assert len(scored.filter(lambda row: row["charges"] == "[]")) == 3


def test_mappings_with_the_keys_of_other_rows_are_read(datasets):
    suites = [{"asserts": ASSERTS}, {"check": "def check(f):\n    assert f(1) == 1\n", "entry_point": "f"}]
    dataset = datasets.Dataset.from_list([{"completion": GOOD, "tests": suite} for suite in suites])
    assert set(dataset[0]["tests"]) == {"asserts", "check", "entry_point"}
    scored = dataset.map(score_map(**SETTINGS), batched=True)
    assert scored["outcome"][:] == ["pass", "pass"]
    assert scored["tests_run"][:] == [2, 1]


def test_conversations_and_streams_are_scored(datasets):
    chat = [[{"role": "assistant", "content": f"Here:\n```python\n{GOOD}```\n"}]]
    dataset = datasets.Dataset.from_dict({"completion": chat, "tests": [ASSERTS]}).to_iterable_dataset()
    (row,) = list(dataset.map(score_map(**SETTINGS), batched=True))
    assert row["outcome"] == "pass"


def test_several_processes_after_scoring_in_this_one(datasets):
    rewards.score_batch([{"completion": GOOD, "tests": ASSERTS}] * 4, **SETTINGS)
    dataset = datasets.Dataset.from_dict({"completion": [GOOD, BAD] * 2, "tests": [ASSERTS] * 4})
    scored = dataset.map(score_map(**SETTINGS), batched=True, batch_size=1, num_proc=2)
    assert scored["outcome"][:] == ["pass", "failure"] * 2
    # The processes of this one were not theirs to end.
    assert rewards.score(GOOD + "\n", tests=ASSERTS, **SETTINGS).outcome is Outcome.PASS


def test_the_fingerprint_is_that_of_the_settings(datasets):
    from datasets.fingerprint import Hasher

    code = (
        "from datasets.fingerprint import Hasher\n"
        "from rewards.adapters.datasets import score_map\n"
        "print(Hasher.hash(score_map(scheme=('static', {'gate': False}), columns={'tests': 'a', 'prefix': 'b'})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    same = score_map(columns={"prefix": "b", "tests": "a"}, scheme=("static", {"gate": False}))
    assert Hasher.hash(same) == done.stdout.strip()
    assert Hasher.hash(score_map()) != Hasher.hash(same)
    assert Hasher.hash(score_map()) != Hasher.hash(score_map(language="lua"))


def test_it_can_be_pickled():
    function = score_map(**SETTINGS)
    assert pickle.loads(pickle.dumps(function)) == function


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ({"answer": [GOOD], "tests": [ASSERTS]}, "no column 'completion'; its columns: answer, tests"),
        ({"completion": GOOD, "tests": ASSERTS}, "call map with batched=True"),
        ({"completion": [GOOD], "test": [ASSERTS]}, "no column 'tests' for 'tests'; its columns: completion, test;"),
        ({"completion": [GOOD], "tests": [{"inputs": []}]}, "row 0, task '': tests need the keys"),
    ],
)
def test_what_is_no_batch_to_score_is_refused(batch, message):
    with pytest.raises(ValueError, match=message):
        score_map(**SETTINGS)(batch)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"analyser": ["runtime"]}, "unknown setting 'analyser'; did you mean 'analyzers'"),
        ({"analyzers": ["pylnt"]}, "pylint"),
        ({"scheme": "statik"}, "did you mean 'static'"),
        ({"columns": {"test": "x"}}, "did you mean 'tests'"),
    ],
)
def test_bad_settings_are_refused_at_once(options, message):
    with pytest.raises(ValueError, match=message):
        score_map(**options)


def test_the_module_does_not_import_datasets():
    code = (
        "import sys, rewards.adapters.datasets as a; a.score_map(); print({'datasets', 'pyarrow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
