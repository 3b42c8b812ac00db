from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import grammars
from analyzers.types import Source
from rewards.extract import extract

PROGRAM = "def f(x):\n    return x\n"
PREFIX = 'from typing import List\n\n\ndef helper(x):\n    return x\n\n\ndef f(xs: List[int]) -> int:\n    """Sum."""\n'
BODY = "    return sum(xs)\n"


def test_bare_code_is_the_program() -> None:
    assert extract(PROGRAM) == Source(PROGRAM, "python")


@pytest.mark.parametrize(
    ("completion", "program"),
    [
        (f"Sure!\n```python\n{PROGRAM}```\nIt works.", PROGRAM),
        (f"```py\n{PROGRAM}```", PROGRAM),
        (f"```Python3 title='x'\n{PROGRAM}```", PROGRAM),
        (f"~~~python\n{PROGRAM}~~~\n", PROGRAM),
        (f"````python\n{PROGRAM}```\n````\n", PROGRAM + "```\n"),  # a closing fence is as long as the opening one
        (f"  ```python\n{PROGRAM}  ```\n", PROGRAM),
        (f"```python\r\n{PROGRAM}```\r\n", PROGRAM),
        # the first fence of the language, else one without a tag, else the first
        (f"```bash\npip install x\n```\n```python\n{PROGRAM}```\n```python\nother\n```", PROGRAM),
        (f"```text\nhello\n```\n```py\n{PROGRAM}```", PROGRAM),
        (f"Code:\n```\n{PROGRAM}```\nDone.", PROGRAM),
        (f"```nosuchlanguage\n{PROGRAM}```", PROGRAM),
        # cut off
        (f"```python\n{PROGRAM}", PROGRAM),
        ("```python", ""),
        ("```python\n", ""),
        ("```python\n```", ""),
        # the prompt had opened the fence
        (f"{PROGRAM}```\nThis returns x.", PROGRAM),
        (f"{PROGRAM}```", PROGRAM),
        (f"{PROGRAM}```\nUsage:\n```python\nf(1)\n```\n", PROGRAM),
        (f"{PROGRAM}```\nOutput:\n```\n1\n```\n", PROGRAM),
        # marks inside a line are no fence
        ("x = '```'\n", "x = '```'\n"),
        ("", ""),
        ("\n", "\n"),
    ],
)
def test_the_program_is_the_right_slice(completion: str, program: str) -> None:
    source = extract(completion)
    assert source.text == program
    assert completion[source.offset : source.offset + len(program)] == program
    assert source.prefix == 0


@pytest.mark.parametrize(
    ("completion", "truncated"),
    [
        (PROGRAM, True),
        (f"```python\n{PROGRAM}", True),
        (f"```python\n{PROGRAM}```\nIt wor", False),
        (f"{PROGRAM}```", False),
    ],
)
def test_a_program_that_ended_before_the_limit_is_whole(completion: str, truncated: bool) -> None:
    assert extract(completion, truncated=True).truncated is truncated
    assert not extract(completion).truncated


def test_raw_text_is_never_searched_for_fences() -> None:
    text = f'"""Example:\n```python\n{PROGRAM}```\n"""\n'
    assert extract(text, raw=True) == Source(text, "python")
    assert extract(text, raw=True, prefix=PREFIX) == Source(PREFIX + text, "python", prefix=len(PREFIX))
    assert extract(text).text == PROGRAM


@pytest.mark.parametrize(
    "completion",
    [
        BODY,
        f"```python\n{BODY}```",  # the body alone, fenced
        f"{BODY}```\nDone.",
        f"{BODY}\n\ndef g():\n    pass\n",  # a base model that goes on
        "return sum(xs)\n",
        "",
    ],
)
def test_a_completion_continues_its_prefix(completion: str) -> None:
    source = extract(completion, prefix=PREFIX)
    assert source.text[: source.prefix] == PREFIX
    assert source.text[source.prefix :] == completion[source.offset : source.offset + len(source.text) - source.prefix]


WHOLE = "def f(xs: List[int]) -> int:\n    return sum(xs)\n"


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        (WHOLE, PREFIX[: PREFIX.index("def f")]),  # imports and helpers of the prefix stay
        ("def f(xs: List[int]) -> int:\r\n    return 1\r\n", PREFIX[: PREFIX.index("def f")]),
        ("from typing import List\n\n" + WHOLE, PREFIX[: PREFIX.index("def f")]),  # an import twice does no harm
        ("def helper(x):\n    return x\n\n" + WHOLE, PREFIX[: PREFIX.index("def helper")]),
        ("from typing import List\n\ndef helper(x):\n    return x\n\n" + WHOLE, ""),
        ("import math\n\ndef f(xs):\n    return sum(xs)\n", ""),  # another signature: it stands alone
    ],
)
def test_a_fence_that_repeats_the_function_stands_alone(code: str, kept: str) -> None:
    completion = f"Here:\n```python\n{code}```\n"
    source = extract(completion, prefix=PREFIX)
    assert (source.text, source.prefix) == (kept + code, len(kept))
    assert completion[source.offset :].startswith(code)


def test_bare_code_stands_alone_only_when_it_starts_with_what_it_repeats() -> None:
    assert extract(WHOLE, prefix=PREFIX).text == PREFIX[: PREFIX.index("def f")] + WHOLE
    assert extract(BODY + WHOLE, prefix=PREFIX).text == PREFIX + BODY + WHOLE


def test_the_rule_holds_for_braces_too() -> None:
    prefix = "#include <stdio.h>\nint helper(int x) {\n    return x;\n}\n// Doubles x.\nint f(int x) {\n"
    whole = "int f(int x) {\n    return helper(2 * x);\n}\n"
    kept = prefix[: prefix.index("int f")]
    assert extract(f"```\n{whole}```", prefix=prefix).text == kept + whole
    assert extract("    return 2 * x;\n}\n", prefix=prefix).text == prefix + "    return 2 * x;\n}\n"


def test_a_suffix_follows_what_continues_the_prefix_and_nothing_else() -> None:
    prefix, suffix = "int f(int x) {\n", "\n}\n"
    source = extract("    return x;", prefix=prefix, suffix=suffix)
    assert (source.text, source.suffix) == (prefix + "    return x;" + suffix, 3)
    assert source.text[source.sampled.start : source.sampled.end] == "    return x;"
    assert extract("    return x;", prefix=prefix, suffix=suffix, raw=True).text == source.text
    whole = "int f(int x) {\n    return x;\n}\n"
    assert extract(f"```\n{whole}```", prefix=prefix, suffix=suffix).text == whole


@given(st.text(alphabet="ab \n\r\t`~#é😀\x0c\u2028:(", max_size=80), st.sampled_from(["", PREFIX]), st.booleans())
def test_the_sampled_part_is_exactly_a_slice(completion: str, prefix: str, truncated: bool) -> None:
    source = extract(completion, prefix=prefix, truncated=truncated)
    sampled = source.text[source.prefix :]
    assert completion[source.offset : source.offset + len(sampled)] == sampled
    assert prefix.startswith(source.text[: source.prefix])


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(grammars.UnknownLanguage, match="did you mean python"):
        extract(PROGRAM, language="pyhton")


def test_humaneval_as_an_instruct_model_answers_it() -> None:
    path = Path(os.environ.get("SPANWISE_DATA", "../shared/data")) / "humaneval" / "HumanEval.jsonl.gz"
    if not path.exists():
        pytest.skip(f"no HumanEval at {path}; set SPANWISE_DATA")
    problems = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    for problem in problems:
        prompt, body = problem["prompt"], problem["canonical_solution"]
        assert extract(body, prefix=prompt).text == prompt + body
        assert extract(f"```python\n{body}```", prefix=prompt).text == prompt + body
        signature = prompt.rindex("\ndef ") + 1 if "\ndef " in prompt else 0
        repeated = extract(f"Here is it:\n```python\n{prompt[signature:]}{body}```\n", prefix=prompt)
        assert repeated.text == prompt + body, problem["task_id"]
        assert repeated.prefix == signature
