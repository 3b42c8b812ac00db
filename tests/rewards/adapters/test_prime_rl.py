"""Charges in prime-rl's advantages: by hand on hand-made traces, and in prime-rl's own algorithms."""

import asyncio
import importlib.machinery
import inspect
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import rewards
from analyzers.types import Span
from rewards.adapters import prime_rl
from rewards.adapters.prime_rl import SeamMoved, charged_answer, install, per_token, spanwise_algorithm

THINK, CLOSE, END = 4, 5, 6


def node(ids, sampled=0, advantage=None):
    """A message of these tokens, of which the last `sampled` ones are the model's."""
    return SimpleNamespace(
        token_ids=list(ids),
        mask=[False] * (len(ids) - sampled) + [True] * sampled,
        sampled=bool(sampled),
        advantages=None if advantage is None else [advantage] * sampled,
    )


def trace(found, *nodes, dense=True):
    info = {"spanwise": {"dense": dense, "score": rewards.jsonable(found)}}
    return SimpleNamespace(id="t1", info=info, nodes=list(nodes))


def advantages(make, one, dense_weight=1.0):
    return per_token(one, charged_answer(one, make.table), dense_weight=dense_weight)


def test_charges_lie_on_the_sampled_tokens_that_caused_them(make):
    # "x = y\n" in four tokens after two of the template; the charge is on "y".
    one = trace(make.scored("x = y\n", 1.0, make.charge(4, 5)), node([9, 9, 9]), node([8, 8, 0, 1, 2, 3, END], 5, 0.5))
    assert advantages(make, one) == [0.5, 0.5, 0.25, 0.5, 0.5]
    assert advantages(make, one, dense_weight=2.0) == [0.5, 0.5, 0.0, 0.5, 0.5]
    assert advantages(make, one, dense_weight=0.0) == [0.5] * 5


def test_reasoning_and_earlier_turns_keep_the_advantage_of_the_outcome(make):
    # "x" was said before, and thought of; only the one in the answer may be charged.
    one = trace(
        make.scored("x = y", 1.0, make.charge(0, 1)),
        node([9], 0),
        node([0, END], 2, 0.5),
        node([9, 9], 0),
        node([8, THINK, 0, CLOSE, 0, 1, 2, END], 7, 0.5),
    )
    assert advantages(make, one) == [0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.5, 0.5, 0.5]


def test_the_outcome_is_not_credited_to_what_it_says_nothing_of(make):
    # " =" did not run: no advantage of the outcome there, and the charge on it stands.
    one = trace(make.scored("x = y", 1.0, make.charge(1, 3), exempt=(Span(1, 5),)), node([0, 1, 2, END], 4, 0.5))
    assert advantages(make, one) == [0.5, -0.25, 0.0, 0.5]


def test_what_the_ids_do_not_spell_is_not_charged(make):
    one = trace(make.scored("z = y", 1.0, make.charge(0, 1)), node([0, 1, 2], 3, 0.5))
    assert charged_answer(one, make.table) is None
    assert advantages(make, one) == [0.5, 0.5, 0.5]


def test_an_answer_of_nothing_has_nothing_to_charge(make):
    one = trace(make.scored(""), node([8, END], 1, 0.5))
    assert advantages(make, one) == [0.5]


def test_charges_that_are_in_the_reward_are_refused(make):
    one = trace(make.scored("x"), node([0], 1, 0.5), dense=False)
    with pytest.raises(ValueError, match="make that with dense=True"):
        charged_answer(one, make.table)
    one.info = {"other": 1}
    with pytest.raises(ValueError, match=r"no score 'spanwise' in its info \(other is there\)"):
        charged_answer(one, make.table)


def test_without_prime_rl_it_says_where_that_is(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"need prime-rl: https://github\.com/PrimeIntellect-ai/prime-rl"):
        install()


def stand_in(monkeypatch, *, assign=lambda trace, values: None, base=None, **more):
    """Modules that look like prime-rl's, with what is given of them."""

    class Base:
        action_loss_type = "rl"

        async def score_group(self, episodes):
            pass

    base = base or Base
    algo = {"Algorithm": base, "assign_advantages": assign, "ALGORITHM_CLASSES": {"grpo": base}, **more}
    contents = {
        "prime_rl": {},
        "prime_rl.orchestrator": {},
        "prime_rl.orchestrator.algo": {name: value for name, value in algo.items() if value is not None},
        "prime_rl.orchestrator.algo.base": {"iter_trainable_traces": None},
        "renderers": {},
        "renderers.base": {"load_tokenizer": None},
    }
    for name, values in contents.items():
        module = ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        vars(module).update(values)
        monkeypatch.setitem(sys.modules, name, module)
    return base


class Other:
    action_loss_type = "rl"

    async def score_group(self, traces, rewards):
        pass


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"ALGORITHM_CLASSES": None}, r"cannot be imported as it was \(.*; expected prime_rl\.orchestrator\.algo"),
        ({"assign": lambda trace, advantages: None}, r"takes \(trace, advantages\); expected \(trace, values\)"),
        ({"base": Other}, r"Other\.score_group takes \(self, traces, rewards\); expected \(self, episodes\)"),
    ],
)
def test_another_prime_rl_is_refused(monkeypatch, changed, message):
    stand_in(monkeypatch, **changed)
    with pytest.raises(SeamMoved, match=rf"^prime-rl .*{message}\. Tested with prime-rl 0\.8\.0"):
        install()


def test_what_cannot_be_installed_is_refused(monkeypatch):
    base = stand_in(monkeypatch)
    with pytest.raises(ValueError, match="no algorithm 'gpro'; did you mean 'grpo'"):
        install("gpro")
    with pytest.raises(ValueError, match="dense_weight must be a number from 0 up, got -1"):
        install(dense_weight=-1)
    base.action_loss_type = "ce"
    with pytest.raises(ValueError, match="Base feeds the loss 'ce', which takes no advantages"):
        install()


# --- on prime-rl itself ---


@pytest.fixture
def real():
    """The real package, its algorithms as they were."""
    reason = "needs prime-rl, which is on no package index: https://github.com/PrimeIntellect-ai/prime-rl"
    pytest.importorskip("prime_rl", reason=reason)
    algo = pytest.importorskip("prime_rl.orchestrator.algo")
    before = dict(algo.ALGORITHM_CLASSES)
    yield algo
    algo.ALGORITHM_CLASSES.clear()
    algo.ALGORITHM_CLASSES.update(before)


def episode(*rows):
    """An episode of verifiers with a trace for each (ids, base, score), whose reward is the base."""
    import verifiers.v1 as vf

    data = vf.TaskData(prompt="p")
    task = vf.TraceTask(type="T", data=data, key="k")
    traces = []
    for ids, found in rows:
        one = vf.Trace(task=task, agent=vf.AgentInfo(config=vf.AgentConfig(model="m")), ok=found is not None)
        one.nodes = [
            vf.MessageNode(message=vf.UserMessage(content="p"), token_ids=[9, 9], mask=[False, False]),
            vf.MessageNode(
                parent=0,
                message=vf.AssistantMessage(content="" if found is None else found.completion),
                sampled=True,
                token_ids=[8, *ids],
                mask=[False] + [True] * len(ids),
                logprobs=[-1.0] * len(ids),
            ),
        ]
        if found is not None:
            one.info["spanwise"] = {"dense": True, "score": rewards.jsonable(found)}
            one.record_reward("spanwise", found.base)
        traces.append(one)
    return vf.Episode(task=task, ok=True, traces=traces)


@pytest.fixture
def group(make):
    """Two programs that were judged, worth 1 and -0.5, and one that was not."""
    return (
        ([0, 1, 2, END], make.scored("x = y", 1.0, make.charge(4, 5))),
        ([0, 1, 2, 3, END], make.scored("x = y\n", -0.5)),
        ([0, END], None),
    )


@pytest.mark.integrations
def test_prime_rl_builds_it_and_charges_the_tokens_of_its_traces(real, make, group):
    from prime_rl.configs.algorithm import GRPOAlgoConfig

    install("grpo", dense_weight=0.5, tokenizer=make.tokenizer)
    algorithm = real.build_algorithm(GRPOAlgoConfig(), policy_pool=SimpleNamespace(model_name="m"))
    one = episode(*group)

    async def scored():
        await algorithm.setup()
        await algorithm.finalize_episode(one)
        await algorithm.finalize_group([one])

    asyncio.run(scored())
    first, second, failed = one.traces
    # The mean of the two that were judged is 0.25.
    assert first.nodes[1].advantages == pytest.approx([0.75, 0.75, 0.75 - 0.125, 0.75])
    assert second.nodes[1].advantages == pytest.approx([-0.75] * 5)
    assert failed.nodes[1].advantages is None
    assert first.metrics == {"spanwise/unaligned": 0.0, "spanwise/charged_tokens": 0.25}
    assert first.branches[0].advantages == pytest.approx([0, 0, 0, 0.75, 0.75, 0.625, 0.75])


@pytest.mark.integrations
def test_the_advantages_reach_the_samples_of_prime_rls_trainer(real, make, group):
    from prime_rl.orchestrator.trajectories import trace_to_samples

    one = episode(group[0], ([0, END], make.scored("x", 1.0)))
    algorithm = spanwise_algorithm(real.GRPOAlgorithm, tokenizer=make.tokenizer)(
        SimpleNamespace(length_penalty=None), SimpleNamespace(model_name="m")
    )
    asyncio.run(algorithm.setup())
    asyncio.run(algorithm.finalize_group([one]))
    [sample] = trace_to_samples(one.traces[0])
    # Both outcomes are alike, and still the token with a charge is learned from.
    assert sample.advantages == pytest.approx([0, 0, 0, 0, 0, -0.25, 0])
    assert real.routing.is_trainable(one.traces[0])
    assert not real.routing.is_trainable(one.traces[1])


@pytest.mark.integrations
def test_agents_that_write_no_programs_keep_their_advantages(real, make):
    algorithm = spanwise_algorithm(real.GRPOAlgorithm, tokenizer=make.tokenizer)(
        SimpleNamespace(length_penalty=None), SimpleNamespace(model_name="m")
    )
    asyncio.run(algorithm.setup())
    one = episode(([0, END], make.scored("x", 1.0, make.charge(0, 1))), ([0, 1], make.scored("x =", 0.0)))
    del one.traces[1].info["spanwise"]
    asyncio.run(algorithm.finalize_group([one]))
    assert [trace.nodes[1].advantages for trace in one.traces] == [[0.25, 0.5], [-0.5, -0.5]]
    del one.traces[0].info["spanwise"]
    with pytest.raises(ValueError, match="has no score 'spanwise' in its info"):
        asyncio.run(algorithm.finalize_group([one]))


@pytest.mark.integrations
@pytest.mark.parametrize("algorithm", ["grpo", "echo", "max_rl", "rae", "hierarchical_grpo"])
def test_every_algorithm_with_advantages_can_be_installed(real, algorithm):
    before = real.ALGORITHM_CLASSES[algorithm]
    install(algorithm)
    assert issubclass(real.ALGORITHM_CLASSES[algorithm], before)


@pytest.mark.integrations
@pytest.mark.parametrize("algorithm", ["opd", "opsd", "sft"])
def test_those_without_are_refused(real, algorithm):
    with pytest.raises(ValueError, match="which takes no advantages"):
        install(algorithm)


@pytest.mark.integrations
def test_the_tokenizer_is_that_of_the_policy(real, monkeypatch, make):
    asked = []
    monkeypatch.setattr("renderers.base.load_tokenizer", lambda model: asked.append(model) or make.tokenizer)
    made = spanwise_algorithm(real.GRPOAlgorithm)
    algorithm = made(SimpleNamespace(length_penalty=None), SimpleNamespace(model_name="policy"))
    asyncio.run(algorithm.setup())
    assert asked == ["policy"]
    assert list(inspect.signature(made.score_group).parameters) == ["self", "episodes"]
    assert np.array_equal(algorithm._bytes.lengths, make.table.lengths)
    assert prime_rl.TESTED
