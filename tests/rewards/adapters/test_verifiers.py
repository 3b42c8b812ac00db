"""The reward of verifiers' tasks: by itself on hand-made traces, and in verifiers' own rollouts."""

import asyncio
import importlib.util
import json
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

import rewards
from rewards.adapters import seams
from rewards.adapters.verifiers import NoVerdict, SeamMoved, SpanwiseReward, dense_score, spanwise_reward

ASSERTS = ["assert f(1) == 1"]


class FakeTrace:
    """What the reward uses of a trace."""

    def __init__(self, text, *, truncated=False):
        self.id, self.info, self.metrics = "t1", {}, {}
        self.task = SimpleNamespace(key="task 1")
        self.assistant_messages = [SimpleNamespace(content="an earlier turn"), SimpleNamespace(content=text)]
        self.is_truncated = truncated

    def record_metrics(self, values):
        self.metrics |= values


def made(*, columns=None, dense=False, **settings):
    return SpanwiseReward(settings, columns or {}, language="python", dense=dense, name="mine")


def test_the_last_message_is_scored_with_the_fields_of_the_task(given, make):
    given.of["x = 1"] = make.scored("x = 1", 1.0, make.charge(0, 1))
    trace = FakeTrace("x = 1", truncated=True)
    value = asyncio.run(made(columns={"tests": "checks"})({"checks": ASSERTS, "language": "lua"}, trace))
    assert value == 0.75
    [[item]] = given.batches
    assert (item.completion, item.language, item.task_id, item.truncated) == ("x = 1", "lua", "task 1", True)
    assert item.tests.statements == tuple(ASSERTS)
    assert trace.metrics["mine/charges"] == -0.25
    assert trace.metrics["mine/outcome/pass"] == 1.0
    assert trace.metrics["mine/infrastructure"] == 0.0
    assert trace.metrics["mine/programs/length/characters"] == 5.0


def test_a_dense_reward_is_the_base_and_the_score_travels_with_the_trace(given, make):
    score = given.of["x"] = make.scored("x", 1.0, make.charge(0, 1))
    trace = FakeTrace("x")
    assert asyncio.run(made(dense=True)({"tests": ASSERTS}, trace)) == 1.0
    trace.info = json.loads(json.dumps(trace.info))
    assert dense_score(trace, "mine") == score


def test_a_score_that_no_trainer_may_charge_again_is_refused(given, make):
    trace = FakeTrace("x")
    with pytest.raises(ValueError, match=r"has no score 'mine' in its info \(nothing is there\)"):
        dense_score(trace, "mine")
    asyncio.run(made()({"tests": ASSERTS}, trace))
    with pytest.raises(ValueError, match="are in its reward: make that with dense=True"):
        dense_score(trace, "mine")


def test_a_failed_harness_gives_no_reward(given, make):
    given.of["x"] = make.scored("x", None)
    trace = FakeTrace("x")
    with pytest.raises(NoVerdict, match=r"task '' \(no worker left\): trace t1 has no reward"):
        asyncio.run(made()({"tests": ASSERTS}, trace))
    assert trace.metrics["mine/infrastructure"] == 1.0
    assert rewards.from_jsonable(trace.info["mine"]["score"]).value is None


def test_rollouts_that_end_together_are_one_batch_beside_the_event_loop(given):
    async def all_of_them():
        reward = made()
        await asyncio.gather(*(reward({"tests": ASSERTS}, FakeTrace(text)) for text in "abc"))

    asyncio.run(all_of_them())
    assert [[item.completion for item in batch] for batch in given.batches] == [["a", "b", "c"]]
    assert given.threads[0] is not threading.main_thread()


def test_a_task_without_tests_is_refused_and_a_trace_without_an_answer_is_empty(given):
    with pytest.raises(ValueError, match=r"no column 'tests' for 'tests'; its columns: prompt"):
        asyncio.run(made()({"prompt": "p"}, FakeTrace("x")))
    for content in ("", None):
        asyncio.run(made()({"tests": ASSERTS}, FakeTrace(content)))
    silent = FakeTrace("x")
    silent.assistant_messages = []
    asyncio.run(made()({"tests": ASSERTS}, silent))
    assert [item.completion for batch in given.batches for item in batch] == ["", "", ""]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"analyser": ["runtime"]}, "unknown setting 'analyser'; did you mean 'analyzers'"),
        ({"scheme": "difficulty"}, "compares the completions of a task, and verifiers has them scored one by one"),
        ({"columns": {"test": "x"}}, "did you mean 'tests'"),
    ],
)
def test_bad_settings_are_refused_at_once(options, message):
    with pytest.raises(ValueError, match=message):
        spanwise_reward(**options)


def test_without_verifiers_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(seams, "installed", lambda package: None)
    with pytest.raises(ImportError, match="needs verifiers: pip install verifiers"):
        spanwise_reward()


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (SimpleNamespace(), "cannot be imported as it was"),
        (SimpleNamespace(reward=None, Trace=type("Trace", (), {"assistant_messages": []})), "a trace has no record_"),
    ],
)
def test_another_verifiers_is_refused(monkeypatch, module, message):
    monkeypatch.setattr(seams, "installed", lambda package: "0.1.14")
    monkeypatch.setitem(sys.modules, "verifiers", SimpleNamespace(v1=module))
    monkeypatch.setitem(sys.modules, "verifiers.v1", module)
    with pytest.raises(SeamMoved, match=rf"verifiers 0\.1\.14: .*{message}.*Tested with verifiers 0\.4\.0: install"):
        spanwise_reward()


# --- on verifiers itself ---

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def vf():
    """The real package."""
    pytest.importorskip("verifiers", reason="needs verifiers: see tests/rewards/adapters/requirements/verifiers.txt")
    return pytest.importorskip("verifiers.v1")


def real_trace(vf, data, *replies):
    """A trace with these replies of the model, as an eval's records have them."""
    trace = vf.Trace(
        task=vf.TraceTask(type="T", data=data, key="k"), agent=vf.AgentInfo(config=vf.AgentConfig(model="m"))
    )
    trace.nodes = [vf.MessageNode(message=vf.UserMessage(content="write"))]
    for text in replies:
        message = vf.AssistantMessage(content=text)
        trace.nodes.append(vf.MessageNode(parent=len(trace.nodes) - 1, message=message, sampled=True))
    return trace


@pytest.mark.integrations
def test_verifiers_finds_the_reward_on_a_task_and_records_it(vf, given, make):
    class Data(vf.TaskData):
        tests: list[str]

    class Mine(vf.Task[Data]):
        spanwise = spanwise_reward(weight=0.5)

    data = Data(prompt="p", tests=ASSERTS)
    given.of["x"] = make.scored("x", 1.0, make.charge(0, 1))
    trace = real_trace(vf, data, "before", "x")
    asyncio.run(Mine(data).score(trace))
    assert trace.rewards == {"spanwise": vf.Reward(score=0.75, weight=0.5)}
    assert trace.reward == 0.375
    assert trace.metrics["spanwise/value"] == 0.75
    again = vf.WireTrace.model_validate_json(json.dumps(trace.to_record()))
    assert rewards.from_jsonable(again.info["spanwise"]["score"]) == given.of["x"]


@pytest.mark.integrations
def test_verifiers_takes_it_by_its_path(vf, given, tmp_path):
    class Data(vf.TaskData):
        tests: list[str]

    (tmp_path / "mine.py").write_text(
        "from rewards.adapters.verifiers import spanwise_reward\nmine = spanwise_reward(name='code')\n"
    )
    data = Data(prompt="p", tests=ASSERTS)
    config = vf.TaskConfig(rewards={"code": {"fn": f"{tmp_path}/mine.py:mine", "weight": 2.0}})
    trace = real_trace(vf, data, "x")
    asyncio.run(vf.Task(data, config).score(trace))
    assert trace.reward == 2.0


@pytest.mark.integrations
def test_a_failed_harness_is_an_error_of_verifiers_own_kind(vf, given, make):
    class Data(vf.TaskData):
        tests: list[str]

    class Mine(vf.Task[Data]):
        spanwise = spanwise_reward()

    data = Data(prompt="p", tests=ASSERTS)
    given.of["x"] = make.scored("x", None)
    trace = real_trace(vf, data, "x")
    with pytest.raises(vf.TaskError, match="NoVerdict: the harness failed"):
        asyncio.run(Mine(data).score(trace))
    assert trace.rewards == {"spanwise": None}


@pytest.mark.integrations
@pytest.mark.slow
def test_whole_episodes_are_played_and_rewarded(vf, monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    assert importlib.util.find_spec("verifiers_code")
    import verifiers_code

    with verifiers_code.scripted() as base_url:
        episodes = asyncio.run(verifiers_code.played(base_url, "scripted"))
    traces = [trace for episode in episodes for trace in episode.traces]
    assert all(trace.ok for trace in traces), [trace.last_error for trace in traces]
    right, unused, wrong = (trace.reward for trace in traces)
    assert right > unused > wrong
    assert traces[1].metrics["spanwise/charges"] < 0
    assert traces[2].metrics["spanwise/outcome/failure"] == 1.0


@pytest.mark.integrations
@pytest.mark.slow
def test_an_episode_whose_program_could_not_be_judged_is_not_ok(vf, given, monkeypatch, make):
    monkeypatch.syspath_prepend(EXAMPLES)
    import verifiers_code

    programs = [f"```python\n{program}```" for _, _, program in verifiers_code.ROWS]
    given.of[programs[0]] = make.scored(programs[0], None)
    with verifiers_code.scripted() as base_url:
        episodes = asyncio.run(verifiers_code.played(base_url, "scripted"))
    first, second, third = (trace for episode in episodes for trace in episode.traces)
    assert (first.ok, second.ok, third.ok) == (False, True, True)
    assert first.last_error.type == "TaskError"


@pytest.mark.integrations
@pytest.mark.slow
def test_verifiers_tries_again_where_its_rules_say_so(vf, given, monkeypatch, make):
    monkeypatch.syspath_prepend(EXAMPLES)
    import verifiers_code

    monkeypatch.setattr(verifiers_code, "ROWS", verifiers_code.ROWS[:1])
    [[_, _, program]] = verifiers_code.ROWS
    text = f"```python\n{program}```"
    answers = iter([make.scored(text, None), make.scored(text)])
    monkeypatch.setattr(rewards, "score_batch", lambda items, **_: [next(answers)])
    rule = {"message": "NoVerdict", "max_retries": 2}
    with verifiers_code.scripted() as base_url:
        [episode] = asyncio.run(verifiers_code.played(base_url, "scripted", retries={"rules": [rule]}))
    [trace] = episode.traces
    assert trace.ok
    assert trace.reward == 1.0
    assert [error.type for error in trace.errors] == ["TaskError"]
