"""Requests that follow the service's own description of itself, and requests that do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from analyzers.engine import Engine
from analyzers.runtime import Limits
from rewards.serve.desk import Judging

EXAMPLES = 40
ANALYZERS = ("runtime", "syntax")
LIMITS = Limits(timeout_s=0.5)
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
    checks.negative_data_rejection,
]
OPERATIONS = [
    (path, "POST", mode)
    for path in ("/score", "/score_batch")
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
]
OPERATIONS += [("/health", "GET", GenerationMode.POSITIVE), ("/metrics", "GET", GenerationMode.POSITIVE)]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(ANALYZERS, workers=1, limits=LIMITS) as engine:
        yield engine


@pytest.mark.parametrize(("path", "method", "mode"), OPERATIONS)
def test_whatever_is_asked_is_answered_as_described(
    running: Callable[..., Any], engine: Engine, path: str, method: str, mode: GenerationMode
) -> None:
    service = running(judging=Judging(ANALYZERS, "static", "standard", engine, LIMITS))
    schema = schemathesis.openapi.from_url(f"{service.url}/openapi.json")
    asked: list[int] = []

    @seed(20230711)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        asked.append(case.call_and_validate(checks=CHECKS).status_code)

    ask()
    assert 200 in asked if mode is GenerationMode.POSITIVE else 422 in asked
