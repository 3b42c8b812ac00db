"""Draws the pictures of scored programs: python docs/picture.py.

docs/scored.svg is the terminal's view, in the README. docs/compared.png and docs/batch.png are pages, as a headless
Chromium shows them; without one they are left as they are.
"""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

import rewards
from rewards import Score, render

HERE = Path(__file__).parent
TESTS = ["assert mean_of_evens([1, 2, 4]) == 3", "assert mean_of_evens([2]) == 2"]
ANALYZERS = ("runtime", "pylint", "ruff")
PROGRAM = """def mean_of_evens(numbers):
    label = "é😀"
    evens = [n for n in numbers if n % 2 == 0]
    return sum(evens) / len(event)
"""
BETTER = """def mean_of_evens(numbers, seen=[]):
    evens = [n for n in numbers if n % 2 == 0]
    if evens == None:
        return 0
    return sum(evens) / len(evens)
"""
OTHERS = (
    PROGRAM.replace("event", "evens"),
    PROGRAM.replace("sum(evens) / len(event)", "sum(evens)"),
    BETTER.replace("return 0", "return 0)"),
    "def mean_of_evens(numbers):\n    return sum(numbers) / 0\n",
)


def draw(page: str, path: Path, *, height: int) -> None:
    """Writes what a browser shows of a page."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print(f"no chromium here: {path.name} stays as it is")
        return
    with TemporaryDirectory() as folder:
        shown = Path(folder, "page.html")
        shown.write_text(page, encoding="utf-8")
        flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--user-data-dir={folder}/profile",
        ]
        command = [browser, *flags, f"--window-size=1000,{height}", f"--screenshot={path}", shown.as_uri()]
        subprocess.run(command, check=True, capture_output=True)


def main() -> None:
    """Scores six samples and draws them."""
    items = [
        {"completion": text, "tests": TESTS, "task_id": f"sample {number}"}
        for number, text in enumerate((PROGRAM, BETTER, *OTHERS), 1)
    ]
    scores: list[Score] = rewards.score_batch(items, analyzers=ANALYZERS)
    console = Console(record=True, width=96)
    console.print(render.to_terminal(scores[0]))
    console.save_svg(str(HERE / "scored.svg"), title="python -m rewards mean.py --tests tests.py")
    draw(render.compare_html(*scores[:2], title="Two samples"), HERE / "compared.png", height=1010)
    draw(render.batch_html(scores, title="A batch"), HERE / "batch.png", height=600)


if __name__ == "__main__":
    main()
