from __future__ import annotations

import copy
import json

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import (
    BertConfig,
    BertModel,
    GPT2Config,
    GPT2Model,
    MistralConfig,
    MistralModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
    T5Config,
    T5Model,
)

from rewards.reranking.pools import Candidate, Pool
from rewards.tokens import UnsupportedTokenizer
from trainer import weights
from trainer.reranker.fit import Fitting, fit
from trainer.reranker.heads import Shape
from trainer.reranker.measures import measure
from trainer.reranker.model import DESCRIPTION, WEIGHTS, BadRewardModel, RewardModel
from trainer.reranker.ranking import BadScores
from trainer.reranker.trunk import Trunk, cut

SMALL = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
TOKENS = {"vocab_size": 260, "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": None}
WILD = {"initializer_range": 0.3}


def kinds():
    torch.manual_seed(3)
    gpt2 = GPT2Config(n_embd=32, n_layer=2, n_head=4, n_positions=64, **WILD, **TOKENS)
    t5 = T5Config(d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, decoder_start_token_id=0, **TOKENS)
    return {
        "gpt2": GPT2Model(gpt2),
        "mistral": MistralModel(MistralConfig(sliding_window=4, num_key_value_heads=2, **SMALL, **WILD, **TOKENS)),
        "bert": BertModel(BertConfig(max_position_embeddings=64, **SMALL, **WILD, **TOKENS)),
        "roberta": RobertaModel(RobertaConfig(max_position_embeddings=65, **SMALL, **WILD, **TOKENS)),
        "t5": T5Model(t5),
    }


@pytest.fixture(scope="module")
def models():
    return {name: model.eval() for name, model in kinds().items()}


def pool(*completions, prompt="def f():"):
    return Pool("t", prompt, tuple(Candidate(each) for each in completions))


def alone(model, completion, prompt="def f():"):
    """The score of a candidate, prompt and all as one row of its own."""
    (row,) = model.rows(pool(completion, prompt=prompt))
    ids = torch.from_numpy(np.concatenate([row.prompt, row.ids]))[None]
    states = model.trunk.model(ids).last_hidden_state[0]
    after = states[len(row.prompt) :]
    read = states[-1] if model.shape.pooling == "last" or not len(after) else after.mean(0)
    return model.heads.score(read).item()


@pytest.mark.parametrize("pooling", ["last", "mean"])
@pytest.mark.parametrize("name", ["llama", "gpt2", "mistral", "bert", "roberta", "t5"])
def test_a_pool_is_rated_as_its_candidates_are_one_by_one(scorer, models, byte_tokenizer, name, pooling):
    if name == "llama":
        model = scorer(pooling=pooling)
    else:
        model = RewardModel(Trunk(copy.deepcopy(models[name]), byte_tokenizer), Shape(pooling))
    assert model.trunk.causal is (name in ("llama", "gpt2", "mistral"))
    assert model.trunk.shares_prompts is (name in ("llama", "gpt2"))
    texts = ["a", "return xyz", "", "b = 1\n"]
    expected = [alone(model, each) for each in texts]
    assert np.ptp(expected) > 1e-3
    assert model(pool(*texts)) == pytest.approx(expected, abs=1e-4)


def test_a_candidate_without_a_token_is_what_the_prompt_promises(scorer):
    for pooling in ("last", "mean"):
        model = scorer(pooling=pooling)
        cut_off = Pool("t", "def f():", (Candidate("", truncated=True), Candidate("a")))
        (row, _) = model.rows(cut_off)
        state = model.trunk.model(torch.from_numpy(row.prompt.copy())[None]).last_hidden_state[0, -1]
        assert model(cut_off)[0] == pytest.approx(model.heads.score(state).item(), abs=1e-5)
        assert model(Pool("t", "def f():", cut_off.candidates[:1]))[0] == pytest.approx(model(cut_off)[0], abs=1e-5)


def test_pools_come_in_their_order_and_empty_ones_have_no_scores(scorer):
    model = scorer()
    pools = [pool("a", "bb"), pool(), pool("ccc", prompt="q"), pool("a", "bb", "d")]
    found = list(model.rate(pools))
    assert [len(each) for each in found] == [2, 0, 1, 3]
    for each, scores in zip(pools, found, strict=True):
        assert scores == pytest.approx(model(each), abs=1e-5)


def test_equal_candidates_have_equal_scores(scorer):
    scores = scorer()(pool("x = 1", "y", "x = 1", "a much longer one that makes padding", "x = 1"))
    assert scores[0] == scores[2] == scores[4]


def test_what_is_longer_than_the_context_is_counted(scorer):
    model, told = scorer(), []
    pools = [pool("a" * 200, "b"), pool("c")]
    assert model.trunk.context == 128
    first, _ = model.rate(pools, on_cut=lambda each, count: told.append((each, count)))
    assert told == [(pools[0], 1)]
    assert np.isfinite(first).all()
    assert model.read(pools[0])[0].cut == 200 + 1 + len("def f():") - 128
    assert model(pool("z" * 100 + "a" * 150))[0] == pytest.approx(model(pool("a" * 250))[0])


def test_what_analyzers_find_counts_where_it_is_read(scorer):
    known, unknown = Candidate("a", findings=()), Candidate("a")
    both = Pool("t", "p", (known, unknown))
    assert np.ptp(scorer()(both)) == 0
    model = scorer(static=True)
    gained = model.heads.score.weight[0, 32].item()  # of `unasked`, the first feature
    assert np.subtract(*model(both)[::-1]) == pytest.approx(gained, abs=1e-6)


def test_new_heads_follow_from_the_seed(scorer):
    first, again, other = scorer(seed=1), scorer(seed=1), scorer(seed=2)
    assert first(pool("a")) == again(pool("a")) != other(pool("a"))
    assert first.fresh(seed=2)(pool("a")) == other(pool("a"))


def test_a_reading_tells_outcomes_and_tokens(scorer):
    (reading,) = scorer(outcomes=True, spans=True).read(pool("abc"))
    assert reading.outcomes.sum() == pytest.approx(1.0)
    assert reading.blame.shape == (4,)
    assert ((reading.blame > 0) & (reading.blame < 1)).all()
    (bare,) = scorer().read(pool("abc"))
    assert (bare.outcomes, bare.blame) == (None, None)


@pytest.mark.parametrize("name", ["llama", "gpt2", "bert", "roberta", "t5"])
def test_what_is_saved_comes_back(scorer, models, byte_tokenizer, name, tmp_path):
    shape = {"pooling": "mean", "static": True, "outcomes": True, "spans": True}
    model = scorer(seed=7, **shape)
    if name != "llama":
        model = RewardModel(Trunk(copy.deepcopy(models[name]), byte_tokenizer), Shape(**shape), seed=7)
    cut(model.trunk.model, 1)
    model.save(tmp_path / "m")
    state = torch.get_rng_state()
    found = RewardModel.load(tmp_path / "m", seed=1, pooling="last")
    assert torch.equal(torch.get_rng_state(), state)
    assert found.shape == model.shape
    assert found(pool("a", "bc")).tolist() == model(pool("a", "bc")).tolist()
    assert found.parameters == model.parameters


def test_a_damaged_folder_is_named(scorer, tmp_path):
    def saved(name):
        scorer(static=True).save(tmp_path / name)
        return tmp_path / name

    torn = saved("torn")
    (torn / WEIGHTS).write_bytes((torn / WEIGHTS).read_bytes()[:100])
    other = saved("other")
    described = json.loads((other / DESCRIPTION).read_text())
    (other / DESCRIPTION).write_text(json.dumps({**described, "features": ["x"]}))
    broken = saved("broken")
    (broken / DESCRIPTION).write_text("{")
    for folder in (torn, other, broken):
        with pytest.raises(BadRewardModel, match=str(folder)):
            RewardModel.load(folder)
    with pytest.raises(weights.ModelNotFound, match="no such folder"):
        RewardModel.load(tmp_path / "missing")


def test_the_embedded_model_makes_a_scorer():
    model = RewardModel.load("tiny", layers=2, pooling="mean")
    assert model.trunk.config.num_hidden_layers == 2
    assert np.isfinite(model(pool("    return 1\n"))).all()
    with pytest.raises(ValueError, match="pooling must be one of last, mean, got 'max'"):
        RewardModel.load("tiny", pooling="max")


def test_adapters_learn_in_place_of_the_weights(scorer, toys, tmp_path):
    pytest.importorskip("peft")

    def adapted(seed):
        model = scorer()
        model.trunk.adapt(2, seed=seed)
        return model

    model, pools = adapted(1), toys(4, seed=1)
    before = {name: weight.clone() for name, weight in model.trunk.state_dict().items()}
    fit(model, pools, Fitting(epochs=1), folder=tmp_path / "fit")
    changed = {name for name, weight in model.trunk.state_dict().items() if not torch.equal(weight, before[name])}
    assert changed
    assert all("lora_" in name for name in changed)
    model.save(tmp_path / "m")
    assert RewardModel.load(tmp_path / "m")(pools[0]).tolist() == model(pools[0]).tolist()
    again = adapted(1)
    fit(again, pools, Fitting(epochs=1), folder=tmp_path / "fit")
    assert again(pools[0]).tolist() == model(pools[0]).tolist()


def test_a_tokenizer_of_words_can_rate_but_knows_no_bytes(models, toys):
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "def", "return", "x", "+", "-", "1"]
    words = Tokenizer(WordPiece({piece: place for place, piece in enumerate(pieces)}, unk_token="[UNK]"))
    words.pre_tokenizer = Whitespace()
    words.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )
    model = RewardModel(Trunk(copy.deepcopy(models["bert"]), tokenizer), Shape(spans=True))
    (row,) = model.rows(pool("x + 1", prompt="def x"))
    assert (row.prompt.tolist(), row.ids.tolist()) == ([2, 4, 6, 3], [6, 7, 9, 3])
    scores = model(pool("x + 1", "x - 1"))
    assert scores[0] != scores[1]
    with pytest.raises(UnsupportedTokenizer, match="WordPiece"):
        fit(model, toys(2, seed=1), Fitting(losses={}, span_weight=1.0))


def test_a_frozen_trunk_reads_a_candidate_once(scorer):
    model = scorer()
    pools = [pool("a", "b", "a"), pool("a", prompt="q")]
    expected = [scores.tolist() for scores in model.rate(pools)]
    read = []
    states = model.trunk.states
    model.trunk.states = lambda rows: read.extend(rows) or states(rows)
    model.freeze()
    for each in (model, model, model.fresh(seed=0)):
        assert [scores.tolist() for scores in each.rate(pools)] == expected
    assert len(read) == 3
    model.thaw()
    list(model.rate(pools))
    assert len(read) == 6


def test_a_score_that_is_no_number_is_refused_where_it_would_order(scorer):
    model = scorer()
    with torch.no_grad():
        model.heads.score.bias.fill_(float("nan"))
    assert np.isnan(model(pool("a"))).all()
    with pytest.raises(BadScores, match="NaN"):
        measure([Pool("t", "p", (Candidate("a", True), Candidate("b", False)))], model)
