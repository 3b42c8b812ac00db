"""The sub-commands of `python -m rewards`, one module each: `HELP` and the function `run`, which typer reads."""
