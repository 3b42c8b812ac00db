from __future__ import annotations

import copy
from typing import Any

import pytest

from analyzers.runtime.tests import Asserts
from trainer.prompts import by_stops, render, stops, taught
from trainer.types import Task

TESTS = Asserts(("assert 1",))
ASKED = Task("a", "Write f.\nassert f() == 1", TESTS)
CONTINUED = Task("b", 'def f():\n    """ one """', TESTS, prefix='def f():\n    """ one """\n')


class Plain:
    chat_template = None


class Chat:
    """Renders as `<s>user: ...\\nassistant: `; adds its start token to every text where told so."""

    chat_template = "some"
    bos_token = "<s>"
    bos_token_id = 7

    def __init__(self, *, adds_start: bool) -> None:
        self.adds_start = adds_start

    def __call__(self, text: str) -> dict[str, list[int]]:
        return {"input_ids": [7, 1] if self.adds_start else [1]}

    def apply_chat_template(
        self, messages: list[dict[str, str]], *, tokenize: bool, add_generation_prompt: bool
    ) -> str:
        assert not tokenize
        assert add_generation_prompt
        return "<s>" + "".join(f"{m['role']}: {m['content']}\n" for m in messages) + "assistant: "


def test_a_base_model_is_given_the_prompt_as_it_stands() -> None:
    trailing = Task("c", "def f():\n    ", TESTS)
    assert render(ASKED, Plain()) == ASKED.prompt
    assert render(trailing, Plain()) == "def f():\n    "


def test_a_chat_begins_the_answer_with_a_code_block() -> None:
    text = render(ASKED, Chat(adds_start=False))
    assert text.startswith("<s>user: Write f.\nassert f() == 1\n\nAnswer with")
    assert text.endswith("assistant: ```python")


def test_a_chat_continues_the_program_and_does_not_end_in_a_newline() -> None:
    text = render(CONTINUED, Chat(adds_start=False))
    assert text.endswith('assistant: ```python\ndef f():\n    """ one """')


@pytest.mark.parametrize(("adds_start", "begin"), [(True, "user: "), (False, "<s>user: ")])
def test_there_is_one_start_token_whoever_adds_it(adds_start: bool, begin: str) -> None:
    assert render(ASKED, Chat(adds_start=adds_start)).startswith(begin)


def test_the_template_of_a_real_tokenizer(byte_tokenizer: Any) -> None:
    tokenizer = copy.deepcopy(byte_tokenizer)
    assert render(ASKED, tokenizer) == ASKED.prompt
    tokenizer.chat_template = (
        "{% for m in messages %}[{{ m['role'] }}]{{ m['content'] }}{% endfor %}"
        "{% if add_generation_prompt %}[assistant]{% endif %}"
    )
    text = render(CONTINUED, tokenizer)
    assert text.startswith("[user]Complete this python program.")
    assert text.endswith('[assistant]```python\ndef f():\n    """ one """')
    assert stops(ASKED, tokenizer) == ("\n```",)


def test_stops() -> None:
    chat: Any = Chat(adds_start=False)
    assert stops(ASKED, chat) == ("\n```",)
    assert stops(ASKED, Plain()) == ()
    assert "\ndef " in stops(CONTINUED, Plain())


def test_tasks_with_the_same_stops_go_together() -> None:
    found = by_stops([CONTINUED, ASKED, CONTINUED], Plain())
    assert [members for members, _ in found] == [[0, 2], [1]]
    assert found[1][1] == ()
    assert found[0][1] == stops(CONTINUED, Plain())


def test_a_reference_is_taught_as_the_model_would_write_it() -> None:
    known = Task("c", "Write f.", TESTS, reference="def f():\n    return 1\n")
    assert taught(known, Plain()) == known.reference
    assert taught(known, Chat(adds_start=False)) == "\ndef f():\n    return 1\n```"
    assert taught(ASKED, Plain()) is None
    assert taught(ASKED, Chat(adds_start=False)) is None
