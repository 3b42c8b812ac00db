"""What the verdict on a program depends on beside the program: tests, limits, isolation and toolchain."""

from __future__ import annotations

import json
import sys
from functools import cache
from hashlib import sha256

import grammars
from analyzers.runtime import service
from analyzers.runtime.prepared import version
from analyzers.runtime.programs import path_of
from analyzers.runtime.sandbox.base import Limits
from analyzers.runtime.tests import Tests


def fingerprint(language: str, tests: Tests, limits: Limits, tier: str) -> str:
    """A text that is another one wherever the verdict may be.

    Raises:
        analyzers.runtime.wire.NotPlain: an argument or expected value of the tests is no plain data.
    """
    tree = [service.pack_tests(tests), repr(limits), tier, toolchain_version(grammars.get(language).name)]
    return sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()


@cache
def toolchain_version(language: str) -> str:
    """What the commands of a language say of their versions; empty where they are not installed."""
    toolchain = grammars.get(language).toolchain
    if toolchain is None:
        return ""
    if toolchain.warm:
        return sys.version
    asked = [toolchain.version] if toolchain.version else [words[:1] for words in (toolchain.compile, toolchain.run)]
    said = []
    for words in asked:
        path = path_of(words[0], toolchain.readable) if words and not words[0].startswith("{") else None
        if path is not None:
            said.append(version(path, *words[1:]))
    return "\n".join(said)
