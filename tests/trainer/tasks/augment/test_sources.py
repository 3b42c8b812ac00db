import json
import random
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice

import pytest

from analyzers.runtime.tests import Asserts
from trainer.tasks.augment.contract import inferred
from trainer.tasks.augment.sources import mutation, properties, proposals, texts
from trainer.types import Task

SEEDS = [([3, 1, 2], "abc", 0.5), ([9, 8], "cab", 2.0)]


def mutated(count, seed=0):
    contract, calls = inferred(SEEDS)
    return list(islice(mutation.proposals(calls, contract, random.Random(seed)), count))


def test_mutation_keeps_types_and_a_seed_decides():
    found = mutated(200)
    assert found == mutated(200) != mutated(200, seed=1)
    assert all([type(argument) for argument in given] == [list, str, float] for given in found)
    assert len({repr(given) for given in found}) > 100
    assert SEEDS == [([3, 1, 2], "abc", 0.5), ([9, 8], "cab", 2.0)]


def test_mutation_of_every_kind_of_value():
    seeds = [
        ({"a": 1}, {1, 2}, (1, "x"), None, True, b"x", frozenset({3})),
        ({}, set(), (2, "y"), None, False, b"", frozenset()),
    ]
    contract, calls = inferred(seeds)
    found = list(islice(mutation.proposals(calls, contract, random.Random(0)), 300))
    assert all(
        [type(argument) for argument in given] == [dict, set, tuple, type(None), bool, bytes, frozenset]
        for given in found
    )


def test_mutation_brings_in_numbers_that_other_arguments_make_up():
    contract, calls = inferred([([30, 50, 80], 10), ([20, 90], 70)])
    thresholds = {given[1] for given in islice(mutation.proposals(calls, contract, random.Random(0)), 400)}
    assert {160, 80, 30} <= thresholds  # the sum, the greatest, the least


def pieces(found):
    """Numerator, denominator and the other fraction."""
    return [(*one.split("/"), two) for one, two in found if one.count("/") == 1 and all(one.split("/"))]


def test_mutation_puts_arguments_at_the_ends_of_others():
    contract, calls = inferred([("hello", "l"), ("abcda", "a")])
    found = set(islice(mutation.proposals(calls, contract, random.Random(0)), 400))
    assert {("lhello", "l"), ("hellol", "l")} <= found
    contract, calls = inferred([([3, 1], 9), ([5, 2], 7)])
    found = [tuple(map(str, given)) for given in islice(mutation.proposals(calls, contract, random.Random(0)), 1500)]
    assert {("[9, 3, 1]", "9"), ("[5, 2, 7]", "7")} <= set(found)


def test_mutation_moves_arguments_about():
    contract, calls = inferred([(25, 55, 65), (20, 10, 30)])
    found = set(islice(mutation.proposals(calls, contract, random.Random(0)), 2000))
    assert {(65, 55, 25), (55, 55, 65)} <= found
    contract, calls = inferred([("7/10", "10/2"), ("1/5", "5/1")])
    found = set(islice(mutation.proposals(calls, contract, random.Random(0)), 2000))
    assert any(other in (f"{one}/{two}", f"{two}/{one}") and one != two for one, two, other in pieces(found))


def test_mutation_turns_the_case_of_one_letter_and_goes_far():
    contract, calls = inferred([("aba",), ("zbcd",)])
    assert ("abA",) in set(islice(mutation.proposals(calls, contract, random.Random(0)), 400))
    contract, calls = inferred([(5,), (100,)])
    assert any(number > 1_000 for (number,) in islice(mutation.proposals(calls, contract, random.Random(0)), 400))


def test_nothing_is_made_of_calls_without_arguments():
    contract, calls = inferred([()])
    assert list(mutation.proposals(calls, contract, random.Random(0))) == []


def test_properties_are_like_the_inputs_and_a_seed_decides():
    contract, _ = inferred(SEEDS)
    found = properties.proposals(contract, count=50, seed=3)
    assert found == properties.proposals(contract, count=50, seed=3) != properties.proposals(contract, count=50, seed=4)
    assert len(found) > 30
    assert all(map(contract.allows, found))


def test_properties_leave_nothing_where_the_command_was_started(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    contract, _ = inferred(SEEDS)
    assert properties.proposals(contract, count=5, seed=0)
    assert not list(tmp_path.iterdir())


def test_properties_of_texts_that_are_put_together_in_one_way():
    contract, _ = inferred([("12/01",), ("4/30",)])
    found = properties.proposals(contract, count=30, seed=0)
    assert found
    assert all(text.count("/") == 1 for (text,) in found)


def test_texts_keep_their_lines_and_counts():
    seeds = ["3\n1 2 3\n", "2\n10 20\n"]
    found = list(islice(texts.proposals(seeds, random.Random(0)), 200))
    assert found == list(islice(texts.proposals(seeds, random.Random(0)), 200))
    assert len(set(found)) > 20
    for text in found:
        count, numbers = text.splitlines()
        assert int(count) == len(numbers.split())
        assert all(1 <= int(number) <= 20 for number in numbers.split())


def test_texts_without_a_word_are_left_alone():
    assert list(texts.proposals(["\n", ""], random.Random(0))) == []


SAID = """Here are some:
1. [[1, 2], 'a']
- [[], ""]
`[[3], "b"]`
[open("/etc/passwd"), 1]
__import__("os").system("touch /tmp/owned")
[[1,
"""


def test_what_a_model_says_is_read_and_never_run():
    assert list(proposals.calls(SAID)) == [([1, 2], "a"), ([], ""), ([3], "b")]
    assert list(proposals.texts("'1 2\\n'\n'3'\n[1]")) == ["1 2\n", "3"]


def test_the_prompt_shows_the_calls():
    task = Task("t", "Add two numbers.", Asserts(("assert f(1, 2) == 3",)))
    said = proposals.prompt(task, [(1, 2)])
    assert "Add two numbers." in said
    assert "[1, 2]" in said


def test_a_server_that_says_nothing_of_use(monkeypatch):
    ask = proposals.of_server("http://127.0.0.1:9", "m")
    with pytest.raises(proposals.NoAnswer, match="gave no answer"):
        ask("hello")


@pytest.fixture
def server():
    """A server that gives each request an answer of a list, and keeps what it was asked."""
    answers, asked = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            status, body = answers.pop(0)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}/v1", answers, asked
    running.shutdown()
    running.server_close()


def test_a_server_is_asked(server):
    url, answers, asked = server
    answers.append((200, json.dumps({"choices": [{"message": {"content": "[1]"}}]}).encode()))
    assert proposals.of_server(url, "some-model")("what?") == "[1]"
    ((path, request),) = asked
    assert path == "/v1/chat/completions"
    assert (request["model"], request["messages"]) == ("some-model", [{"role": "user", "content": "what?"}])


@pytest.mark.parametrize("answer", [(500, b"{}"), (200, b"<html>"), (200, b"[]"), (200, b'{"choices": []}')])
def test_what_a_server_says_may_be_anything(server, answer):
    url, answers, _ = server
    answers.append(answer)
    with pytest.raises(proposals.NoAnswer, match="gave no answer"):
        proposals.of_server(url, "m")("what?")


def test_a_policy_is_asked():
    ask = proposals.of_policy("tiny")
    said = ask("what?")
    assert said
    assert said == ask("what?")
    assert ask("what? " * 1000) == ""
