from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from analyzers.types import Source, Span
from rewards.align import token_rewards
from rewards.tokens import TokenBytes, UnsupportedTokenizer, byte_offsets
from rewards.types import Charge, Score

CORPUS = [
    "def add(a, b):\n    return a + b\n",
    "class Größe:\n\tdef __init__(self):\n\t\tself.名前 = '日本'  # é😀\n",
    "for i in range(10):\n    print(f'{i:>4}')\n\n\n",
    "x = [n ** 2 for n in range(100) if n % 3 == 0]\n" * 3,
]


class Duck:
    """The part of a transformers tokenizer that is used, over a `tokenizers` one."""

    def __init__(self, backend: Tokenizer, specials: list[str]) -> None:
        self.backend_tokenizer = backend
        self.all_special_ids = [backend.token_to_id(special) for special in specials]

    def __len__(self) -> int:
        return int(self.backend_tokenizer.get_vocab_size())

    def convert_ids_to_tokens(self, ids: list[int]) -> list[str | None]:
        return [self.backend_tokenizer.id_to_token(id_) for id_ in ids]


def byte_level() -> Duck:
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<eos>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator(CORPUS, trainer)
    # As in CodeGen's tokenizer: runs of spaces as plain added tokens, and one more special token (fill in the middle).
    backend.add_tokens([AddedToken("        ", normalized=False), AddedToken("é!", normalized=False)])
    backend.add_special_tokens(["<fim>"])
    return Duck(backend, ["<eos>"])


def sentence_piece(*, model: str = "unigram", dummy: bool = True) -> Duck:
    """As Llama's: spaces as U+2581, unknown characters as byte pieces, a dummy space before every text."""
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    if model == "unigram":
        pieces = [
            "<unk>",
            "<eos>",
            *bytes_,
            "▁",
            "▁def",
            "▁return",
            "def",
            "add",
            "(",
            ")",
            "a",
            "b",
            ":",
            "▁▁",
            "é",
            "日本",
        ]
        scored = [(piece, 0.0 if piece.startswith("<") else -float(rank)) for rank, piece in enumerate(pieces)]
        backend = Tokenizer(models.Unigram(scored, unk_id=0, byte_fallback=True))
    else:
        alphabet = sorted({*"▁defrtun(ab):é"})
        merges = [("d", "e"), ("de", "f"), ("▁", "def"), ("▁", "▁")]
        pieces = ["<unk>", "<eos>", *bytes_, *alphabet, *("".join(merge) for merge in merges)]
        vocabulary = {piece: rank for rank, piece in enumerate(pieces)}
        backend = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    spaces = [normalizers.Replace(" ", "▁")]
    backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), *spaces] if dummy else spaces)
    strip = [decoders.Strip(content=" ", left=1)] if dummy else []
    backend.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), *strip])
    backend.add_special_tokens(["<unk>", "<eos>"])
    return Duck(backend, ["<unk>", "<eos>"])


def metaspace() -> Duck:
    duck = sentence_piece()
    duck.backend_tokenizer.normalizer = None
    duck.backend_tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    duck.backend_tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(), decoders.Fuse()])
    return duck


DUCKS = {
    "byte-level": byte_level(),
    "unigram": sentence_piece(),
    "unigram without dummy": sentence_piece(dummy=False),
    "bpe with byte fallback": sentence_piece(model="bpe"),
    "metaspace": metaspace(),
}
TABLES = {name: TokenBytes.of(duck) for name, duck in DUCKS.items()}
# The mark of SentencePiece stands for a space, so it cannot be sampled as itself.
PROGRAMS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="▁"), max_size=60),
    st.lists(st.sampled_from([*"deférturn(ab): \t\n😀日本名", "    ", "        ", "é!"]), max_size=60).map("".join),
)


def encode(duck: Duck, text: str) -> list[int]:
    return list(duck.backend_tokenizer.encode(text, add_special_tokens=False).ids)


@settings(max_examples=150, deadline=None)
@given(text=PROGRAMS, name=st.sampled_from(sorted(DUCKS)))
def test_the_bytes_of_the_ids_are_the_text(text: str, name: str) -> None:
    # Metaspace puts its dummy space only before a text without one, so that " x" and "x" have the same ids.
    assume(name != "metaspace" or not text.startswith(" "))
    duck, table = DUCKS[name], TABLES[name]
    ids = encode(duck, text)
    assert table.decode_bytes(ids, start=True) == text.encode()
    assert table.text(ids, start=True) == text
    spans = table.spans(ids, start=True)
    assert spans.shape == (len(ids), 2)
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    assert (spans[-1, 1] if ids else 0) == len(text.encode())


def test_spans_in_bytes_by_hand() -> None:
    # A: d 1 byte, é 2 bytes as two ids, 😀 4 bytes as four ids, the special id none.
    table = TABLES["byte-level"]
    backend = DUCKS["byte-level"].backend_tokenizer
    alphabet = {byte: backend.token_to_id(piece) for byte, piece in zip([0xC3, 0xA9, 0xF0], "Ã©ð", strict=True)}
    ids = [backend.token_to_id("d"), alphabet[0xC3], alphabet[0xA9], backend.token_to_id("<eos>"), alphabet[0xF0]]
    assert table.spans(ids).tolist() == [[0, 1], [1, 2], [2, 3], [3, 3], [3, 4]]
    assert table.decode_bytes(ids) == b"d\xc3\xa9\xf0"
    assert table.text(ids) == "dé\ufffd"


def test_special_ids_have_no_width_and_other_added_tokens_stand_for_themselves() -> None:
    backend, table = DUCKS["byte-level"].backend_tokenizer, TABLES["byte-level"]
    ids = [backend.token_to_id(piece) for piece in ("<eos>", "<fim>", "        ", "é!")]
    assert [table.table[id_] for id_ in ids] == [b"", b"", b"        ", "é!".encode()]


def test_byte_pieces_and_marks_of_sentence_piece() -> None:
    backend, table = DUCKS["unigram"].backend_tokenizer, TABLES["unigram"]
    assert table.table[backend.token_to_id("<0x0A>")] == b"\n"
    assert table.table[backend.token_to_id("<0xF0>")] == b"\xf0"
    assert table.table[backend.token_to_id("▁def")] == b" def"
    assert table.table[backend.token_to_id("<unk>")] == b""


def test_a_completion_keeps_the_space_that_a_text_would_lose() -> None:
    backend, table = DUCKS["unigram"].backend_tokenizer, TABLES["unigram"]
    ids = [backend.token_to_id("<eos>"), backend.token_to_id("▁return"), backend.token_to_id("▁def")]
    assert table.text(ids) == " return def"  # after a prompt, the space was sampled
    assert table.text(ids, start=True) == "return def"
    assert table.spans(ids, start=True).tolist() == [[0, 0], [0, 6], [6, 10]]
    assert not TABLES["unigram without dummy"].dummy_prefix


def test_ids_beyond_the_table_are_padding_and_negative_ones_are_refused() -> None:
    table = TABLES["byte-level"]
    assert table.spans([10**6]).tolist() == [[0, 0]]
    assert table.decode_bytes([10**6]) == b""
    with pytest.raises(ValueError, match="from 0 up"):
        table.spans([-1])
    with pytest.raises(ValueError, match=r"one row of numbers from 0 up, got shape \(1, 1\)"):
        table.spans([[1]])
    assert table.spans([]).shape == (0, 2)


@pytest.mark.parametrize("name", DUCKS)
def test_a_tokenizer_file_makes_the_same_table(name: str, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    DUCKS[name].backend_tokenizer.save(str(path))
    read, made = TokenBytes.read(path), TABLES[name]
    assert (read.table, read.lengths.tolist(), read.dummy_prefix) == (
        made.table,
        made.lengths.tolist(),
        made.dummy_prefix,
    )


@pytest.mark.parametrize("text", ["{}", "[]", "nothing", '{"model": {"vocab": 3}}', '{"model": {"vocab": [["a"]]}}'])
def test_a_file_that_is_no_tokenizer_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(text)
    with pytest.raises(UnsupportedTokenizer, match=r"t\.json' is no tokenizer\.json"):
        TokenBytes.read(tmp_path / "t.json")


def test_holes_of_the_vocabulary_have_no_width() -> None:
    class Holed(Duck):
        def __len__(self) -> int:
            return super().__len__() + 3

    assert TokenBytes.of(Holed(byte_level().backend_tokenizer, ["<eos>"])).table[-3:] == (b"", b"", b"")


def word_piece() -> Duck:
    backend = Tokenizer(models.WordPiece({"[UNK]": 0, "a": 1, "##b": 2}, unk_token="[UNK]"))
    backend.decoder = decoders.WordPiece()
    return Duck(backend, ["[UNK]"])


@pytest.mark.parametrize("decoder", [decoders.WordPiece(), decoders.BPEDecoder(), None])
def test_tokenizers_that_lose_text_are_refused(decoder: Any) -> None:
    duck = word_piece()
    if decoder is not None:
        duck.backend_tokenizer.decoder = decoder
    with pytest.raises(UnsupportedTokenizer, match=r"model WordPiece and decoder \w+ does not say which bytes"):
        TokenBytes.of(duck)


@pytest.mark.parametrize(
    ("sampled", "offsets"),
    [
        (b"", [0]),
        (b"ab", [0, 1, 2]),
        ("aé😀b".encode(), [0, 1, 3, 7, 8]),
        (b"a\xff\xc3b", [0, 1, 2, 3, 4]),  # two bytes that stand alone: a U+FFFD each
        (b"\xf0\x9f\x98b", [0, 3, 4]),  # three bytes of a character of four: one U+FFFD
        (b"\xe6\x97", [0, 2]),
        ("\ufffd".encode() + b"\xff" + "é".encode(), [0, 3, 4, 6]),  # a U+FFFD that was sampled as such
        (b"\xed\xa0\x80", [0, 1, 2, 3]),  # a surrogate in UTF-8 is none
    ],
)
def test_offsets_of_code_points_in_the_sampled_bytes(sampled: bytes, offsets: list[int]) -> None:
    assert byte_offsets(sampled.decode(errors="replace"), sampled).tolist() == offsets


@given(st.binary(max_size=60))
def test_offsets_cut_the_sampled_bytes_into_the_characters(sampled: bytes) -> None:
    text = sampled.decode("utf-8", errors="replace")
    offsets = byte_offsets(text, sampled)
    assert offsets[-1] == len(sampled)
    pieces = [sampled[start:end] for start, end in pairwise(offsets)]
    assert [piece.decode("utf-8", errors="replace") for piece in pieces] == list(text)


def test_offsets_without_the_bytes_and_of_a_text_that_was_cut() -> None:
    assert byte_offsets("aé\ud800").tolist() == [0, 1, 3, 6]
    assert byte_offsets("aé", "aé tail".encode()).tolist() == [0, 1, 3]
    with pytest.raises(ValueError, match="do not decode to the text"):
        byte_offsets("ab", b"cd")


@settings(max_examples=200, deadline=None)
@given(data=st.data(), name=st.sampled_from(sorted(DUCKS)))
def test_a_round_trip_marks_exactly_the_charged_text(make: Any, data: st.DataObject, name: str) -> None:
    table = TABLES[name]
    # Any ids, not only those that encoding a text gives: characters cut in half, special ids in the middle.
    any_ids = st.lists(st.integers(0, len(table.table) - 1), max_size=40)
    ids = data.draw(st.one_of(any_ids, PROGRAMS.map(lambda text: encode(DUCKS[name], text))))
    sampled = table.decode_bytes(ids)
    text = table.text(ids)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    span = Span(start, end)
    charge = Charge(make.finding(text, span), span, -1.0, alpha_cap=5.0)
    score = Score(0.0, 0.0, None, Source(text), text, charges=(charge,))
    spans = table.spans(ids)
    shares = token_rewards(score, spans, sampled=sampled).shares
    first, last = offset(sampled, text, start), offset(sampled, text, end)
    if start < end:
        assert [bool(share) for share in shares] == [bool(low < last and high > first) for low, high in spans]
    if ids:
        assert shares.sum() == pytest.approx(-1.0)


def offset(sampled: bytes, text: str, index: int) -> int:
    """Naive: the shortest beginning of the bytes that decodes to the first `index` characters, whatever comes after."""
    rest = text[index:]
    return next(
        cut
        for cut in range(len(sampled) + 1)
        if sampled[:cut].decode(errors="replace") == text[:index] and sampled[cut:].decode(errors="replace") == rest
    )
