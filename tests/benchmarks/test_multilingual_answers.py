"""What of published answers is judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.multilingual_answers import BASE, CHAT, problems

PROMPT = "#include<assert.h>\n// Adds.\nlong add(long a, long b) {\n"
ROW = {
    "name": "HumanEval_53_add", "language": "cpp", "prompt": PROMPT, "stop_tokens": ["\n}"],
    "tests": "}\nint main() {\n    assert(add((1), (2)) == (3));\n}\n",
}  # fmt: skip
OPPOSED = {
    **ROW, "name": "HumanEval_92_any_int",
    "tests": "}\nint main() {\n    assert(add((float(3))) == (true));\n    assert(add((3.0f)) == (false));\n}\n",
}  # fmt: skip
CHATS = [
    f"Sure:\n```cpp\n{PROMPT}    return a + b;\n}}\n```\nThat adds.",
    "```cpp\nlong add(long a,\n         long b)\n{\n    return a - b;\n}\nint main() {}\n```",
    "```cpp\n    return b + a;\n}\n```",
    "    return a;\n}",
]


def written(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_an_answer_is_what_follows_the_signature_up_to_the_stop(tmp_path: Path) -> None:
    chats = tmp_path / "qwencoder-eval/instruct/multipl_e/chat"
    written(chats / "data/humaneval/humaneval-cpp.jsonl", [ROW, OPPOSED])
    for place, text in zip(CHAT.values(), CHATS, strict=True):
        written(chats / "results" / place / "generations_cpp.jsonl", [{"name": ROW["name"], "generation": text}])
    for place in BASE.values():
        answer = {"task_id": ROW["name"], "generation": f"{PROMPT}    return {place[0]};\n}}\n{PROMPT}"}
        path = tmp_path / "qwencoder-eval/base/outptus/qwen2.5-coder" / place / "multipl-e/pred_cpp_output.jsonl"
        written(path, [answer])
    [found], [left_out] = problems("cpp", tmp_path)
    assert found.number == 53
    assert found.written.task.id == "HumanEval_53_add/cpp"
    assert [each.text.strip() for each in found.written.samples] == [
        "return a + b;",
        "return a - b;",
        "return b + a;",
        "return a;",
        "return 1;",
        "return 7;",
    ]
    assert left_out.startswith("HumanEval_92_any_int/cpp: the tests contradict each other")
