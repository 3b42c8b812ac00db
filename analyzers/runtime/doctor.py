"""python -m analyzers.runtime.doctor: how well this machine isolates programs, and which languages it runs."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

import grammars
from analyzers.runtime import programs
from analyzers.runtime.fingerprint import toolchain_version
from analyzers.runtime.sandbox import tiers
from analyzers.runtime.sandbox.base import Tier
from analyzers.runtime.sandbox.promises import PROMISES

ADVICE = (
    (
        "uid_map",
        "an AppArmor profile that allows user namespaces, or sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    ),
    ("No space left", "a larger sysctl user.max_user_namespaces"),
    (
        "unshare",
        "user namespaces: in a container --cap-add SYS_ADMIN with --security-opt seccomp=unconfined, or a seccomp "
        "profile that allows unshare and mount; elsewhere sysctl kernel.unprivileged_userns_clone=1",
    ),
    ("mount_setattr", "Linux 5.12 or newer"),
    ("mount of", "a container that allows mounts: --cap-add SYS_ADMIN with --security-opt apparmor=unconfined"),
    ("Landlock", "Linux 5.13 or newer, with landlock among the security modules of the kernel's parameter lsm="),
    ("seccomp", "a kernel with CONFIG_SECCOMP_FILTER, on x86_64 or aarch64"),
    ("control group", "a control group that this user may divide, or root"),
    ("/proc", "a container whose own /proc has nothing mounted over it: --security-opt systempaths=unconfined"),
)
"""Words of a reason, and what is needed."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What runs programs of a language."""

    version: str
    """First line of what the commands say; empty where they are missing."""
    missing: str
    """What to do where they are."""


def advice(reason: str) -> str:
    """What would remove the reason; empty where nobody knows."""
    return next((needed for words, needed in ADVICE if words in reason), "")


def tools(language: str) -> Tools:
    """The commands of a language, looked up and asked for their version."""
    toolchain = grammars.get(language).toolchain
    if toolchain is None:
        return Tools("", "no toolchain is declared")
    commands = () if toolchain.warm else (toolchain.compile, toolchain.server, toolchain.run)
    try:
        for word in (*(words[0] for words in commands if words), *toolchain.needs):
            programs.located(word, toolchain)
    except programs.Unavailable as error:
        return Tools("", str(error))
    return Tools(toolchain_version(language).partition("\n")[0] or "found", "")


def examine(minimum: Tier) -> dict[str, Any]:
    """Everything that is shown, as a JSON tree."""
    attempts = [tiers.attempt(tier) for tier in sorted(Tier, reverse=True)]
    best = next((one.tier for one in attempts if one.works), None)
    try:
        runs_at, refused = tiers.choose(minimum).name.lower(), ""
    except tiers.TierRefused as error:
        runs_at, refused = "", str(error)
    return {
        "best": best.name.lower() if best is not None else "",
        "runs_at": runs_at,
        "refused": refused,
        "tiers": {
            one.tier.name.lower(): {
                "works": one.works,
                "reason": one.reason,
                "lacking": list(one.lacking),
                "advice": [needed for why in (one.reason, *one.lacking) if (needed := advice(why))],
            }
            for one in attempts
        },
        "attacks": {promise.attack: promise.by_tier() for promise in PROMISES},
        "languages": {name: asdict(tools(name)) for name in grammars.names()},
    }


def show(found: dict[str, Any], console: Console) -> None:
    """Prints it for people."""
    if found["refused"]:
        console.print(f"[red bold]Programs are not run:[/] {found['refused']}", soft_wrap=True)
    else:
        console.print(
            f"Programs run at tier [bold]{found['runs_at']}[/]; the best one here is [bold]{found['best']}[/]."
        )
    table = Table("tier", "here", "why not, or what it lacks", "what that takes", title="Tiers", title_justify="left")
    for name, one in found["tiers"].items():
        why = one["reason"] or "".join(f"without {part}\n" for part in one["lacking"]).rstrip()
        table.add_row(name, "yes" if one["works"] else "[red]no[/]", why, "\n".join(one["advice"]))
    console.print(table)
    names = ["weak", "standard", "strict"]
    table = Table("attack", *names, title="What tiers stop", title_justify="left")
    colours = {"stopped": "green", "contained": "yellow", "not stopped": "red"}
    for attack, effects in found["attacks"].items():
        table.add_row(attack, *(f"[{colours[effects[name]]}]{effects[name]}[/]" for name in names))
    console.print(table)
    table = Table("language", "here", title="Languages", title_justify="left")
    for name, one in found["languages"].items():
        table.add_row(name, f"[red]{one['missing']}[/]" if one["missing"] else one["version"])
    console.print(table)


def doctor(
    isolation: Annotated[str, typer.Option(help="The tier that is demanded.")] = tiers.DEFAULT.name.lower(),
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Tries what isolation this machine gives programs, and looks for the commands of every language.

    Exit status: 0 programs can run at the tier that is demanded, 1 they cannot, 2 bad usage.
    """
    try:
        minimum = tiers.parse(isolation)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    found = examine(minimum)
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        show(found, Console())
    raise typer.Exit(1 if found["refused"] else 0)


def main() -> None:
    """Entry point of the command."""
    typer.run(doctor)


if __name__ == "__main__":
    main()
