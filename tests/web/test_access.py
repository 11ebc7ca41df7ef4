"""Every route of the application is listed with who may open it; one that is not listed fails the build."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from fastapi.routing import APIRoute

from tests.web.conftest import FOREIGN, LOW, ORIGIN, PEOPLE, Web

MATRIX = yaml.safe_load(Path(__file__).with_name("access.yaml").read_text(encoding="utf-8"))
VALUES = {"subject": FOREIGN, "case": "lowland-2022-000002", "view": "land_classes", "indicator": "rd_share", "notice": "notice-1", "channel": "plant",
          "plant": "nowhere", "machine": "P1", "task": "T1"}


def routes(web: Web) -> list[tuple[str, str]]:
    return sorted({(method, route.path) for route in web.app.routes if isinstance(route, APIRoute) for method in route.methods or ()})


def listed() -> dict[tuple[str, str], dict[str, int]]:
    return {(method, path): dict(zip(MATRIX["people"], codes, strict=True)) for method, paths in MATRIX["routes"].items() for path, codes in paths.items()}


def test_every_route_is_listed_and_every_listed_one_is_there(web: Web) -> None:
    assert set(routes(web)) == set(listed())


@pytest.mark.parametrize("person", sorted(PEOPLE))
def test_everybody_gets_what_the_list_says(web: Web, person: str) -> None:
    client = web.as_(person)
    found = {}
    for (method, path), expected in listed().items():
        if method == "POST" and expected[person] not in (303, 401, 404):
            continue  # acts that are allowed are tried in tests of their own, since they change things
        address = re.sub(r"\{(\w+)\}", lambda m: VALUES[m[1]], path)
        answer = client.request(method, address, headers=ORIGIN, json={} if path.startswith("/api/") and method == "POST" else None)
        if answer.status_code != expected[person]:
            found[f"{method} {path}"] = (answer.status_code, expected[person])
    assert found == {}


def test_the_list_gives_nobody_more_than_the_public_pages(web: Web) -> None:
    public = {page.name for page in web.pages if page.public}
    for (_, path), expected in listed().items():
        name = next((part for part in path.split("/") if part not in ("", "api", "v1", "take")), "")
        assert expected["nobody"] != 200 or name in (*public, "healthz"), path


def test_an_enterprise_reads_nothing_of_another(web: Web) -> None:
    client = web.as_("enterprise")
    for path in ("/enterprise/{}", "/letter/{}", "/objection-new/{}", "/api/v1/enterprise/{}", "/api/v1/letter/{}"):
        assert client.get(path.format(LOW)).status_code == 200
        assert client.get(path.format(FOREIGN)).status_code == 404
