"""The JSON twins keep to what they say of themselves, whatever they are asked: every answer is a declared one, none is our fault."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    status_code_conformance,
)

from tests.web.conftest import LOW, ORIGIN, Web

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance]
HEAVY = ("/door/assess", "/letters/begin", "/letters/go-on", "/objection/{case}/uphold")
"""Acts that judge everybody anew or start a process: they are tried in tests of their own."""
REAL = {"subject": LOW, "case": "lowland-2022-000001", "view": "land_classes", "indicator": "rd_share"}
READS, ACTS = 5, 4
"""Examples for each operation: bounded, so that the whole stays within a minute."""


@pytest.fixture(scope="module")
def asked(tiny_district: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Web, Any]]:
    folder = tmp_path_factory.mktemp("schema") / "district"
    shutil.copytree(tiny_district, folder)
    web = Web(folder)
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", web.app)
    schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    yield web, schema
    web.brain.close()


def tried(schema: Any, method: str, most: int) -> list[str]:
    """Every operation of a method asked so many times; those that broke their word."""
    broken = []
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.method.upper() != method or operation.path.endswith(HEAVY):
            continue

        @settings(max_examples=most, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def keeps_its_word(case: Any) -> None:
            case.call_and_validate(checks=CHECKS, headers=ORIGIN)
            there = {name: REAL[name] for name in case.path_parameters or {} if name in REAL}
            if there:  # the same of something that is there, so that more than its absence is tried
                case.path_parameters.update(there)
                case.call_and_validate(checks=CHECKS, headers=ORIGIN)

        try:
            keeps_its_word()
        except BaseException as wrong:  # whatever it is belongs to the list
            if isinstance(wrong, KeyboardInterrupt):
                raise
            broken.append(f"{operation.label}: {str(wrong)[:400]}")
    return broken


@pytest.mark.parametrize("person", ["director", "nobody"])
def test_whatever_is_asked_the_answer_is_a_declared_one(asked: tuple[Web, Any], person: str) -> None:
    web, schema = asked
    web.as_(person)
    assert tried(schema, "GET", READS if person == "director" else 1) == []


def test_whatever_is_to_be_done_the_answer_is_a_declared_one(asked: tuple[Web, Any]) -> None:
    web, schema = asked
    web.as_("director")
    assert tried(schema, "POST", ACTS) == []


def test_the_schema_tells_every_route_of_the_api(asked: tuple[Web, Any]) -> None:
    web, schema = asked
    told = {(found.ok().method.upper(), found.ok().path) for found in schema.get_all_operations()}
    routes = {(method, route.path) for route in web.app.routes if isinstance(route, APIRoute) and route.path.startswith("/api/v1/")
              for method in route.methods or () if method in ("GET", "POST")}
    assert told == routes
