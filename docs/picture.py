"""Draws docs/scored.svg, the picture of a scored program in the README: python docs/picture.py."""

from pathlib import Path

from rich.console import Console

import rewards
from rewards import render

PROGRAM = """def mean_of_evens(numbers):
    label = "é😀"
    evens = [n for n in numbers if n % 2 == 0]
    return sum(evens) / len(event)
"""

if __name__ == "__main__":
    score = rewards.score(
        PROGRAM,
        tests=["assert mean_of_evens([1, 2, 4]) == 3", "assert mean_of_evens([2]) == 2"],
        analyzers=("runtime", "pylint", "ruff"),
    )
    console = Console(record=True, width=96)
    console.print(render.to_terminal(score))
    console.save_svg(str(Path(__file__).with_name("scored.svg")), title="python -m rewards mean.py --tests tests.py")
