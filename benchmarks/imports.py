"""Time to `import rewards` in a fresh interpreter, and what it must not pull in. Goal: under 0.3 s, no torch.

python benchmarks/imports.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys

from rich.console import Console
from rich.table import Table

RUNS = 9
GOAL_S = 0.3
HEAVY = ("torch", "transformers", "pylint", "tree_sitter", "jinja2", "rich", "pebble", "loky", "pydantic", "typer")
PROBE = f"""
import sys, time
start = time.perf_counter()
import {{module}}
seconds = time.perf_counter() - start
print(seconds, *(name for name in {HEAVY} if name in sys.modules))
"""


def probe(module: str) -> tuple[float, list[str]]:
    command = [sys.executable, "-c", PROBE.format(module=module)]
    seconds, *heavy = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(seconds), heavy


def main() -> None:
    runs: dict[str, list[tuple[float, list[str]]]] = {"rewards": [], "numpy": []}
    for _ in range(RUNS):
        for module, found in runs.items():
            found.append(probe(module))
    table = Table(title=f"import in a fresh interpreter, median of {RUNS} interleaved runs")
    for column in ("module", "seconds", "goal", "heavy modules loaded"):
        table.add_column(column)
    for module, found in runs.items():
        goal = f"< {GOAL_S}" if module == "rewards" else ""
        heavy = sorted({name for _, names in found for name in names})
        table.add_row(
            module, f"{statistics.median(seconds for seconds, _ in found):.3f}", goal, ", ".join(heavy) or "none"
        )
    Console().print(table)


if __name__ == "__main__":
    main()
