"""Policies in the browser: on a page of their own, on the enterprise's page, in the self-check, and the same on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qiantang.cli import main
from tests.web.conftest import LOW, ORIGIN, Web

CHECK = "/self-check?sector=industry&above_scale=yes&founded_on=2010-01-01&staff_mean=80"


def rows(told: dict[str, Any]) -> dict[str, str]:
    """Policy to standing, from a page's JSON."""
    found = [row["cells"] for s in told["sections"] for b in s["blocks"] if b["kind"] == "table" and b["name"].startswith("policies-") for row in b["rows"]]
    return {cells[0]["en"]: cells[2]["said"]["en"] for cells in found}


def test_an_enterprise_reads_its_policies_and_the_command_says_the_same(web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    told = web.as_("enterprise").get(f"/api/v1/policies/{LOW}").json()
    assert len(rows(told)) >= 6
    assert main(["policies", LOW, "--dir", str(web.brain.workspace.folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {p["title"]["en"]: p["standing_title"]["en"] for p in said["policies"]} == rows(told)
    assert f'href="/policies/{LOW}"' in web.as_("enterprise").get(f"/enterprise/{LOW}").text
    page = web.as_("enterprise").get(f"/policies/{LOW}?lang=en").text
    assert "what is missing" in page
    assert "facts are missing" in page


def test_the_self_check_matches_policies_and_keeps_nothing(own_web: Web) -> None:
    with own_web.brain.store.reading() as reader:
        before = reader.head()
    files = sorted(p for p in own_web.brain.workspace.hidden.rglob("*") if p.is_file())
    client = own_web.as_("nobody")
    found = rows(client.get(f"/api/v1{CHECK}").json())
    assert len(found) >= 6
    assert client.get(f"{CHECK}&lang=en").status_code == 200
    with own_web.brain.store.reading() as reader:
        assert reader.head() == before
    assert sorted(p for p in own_web.brain.workspace.hidden.rglob("*") if p.is_file()) == files


def test_a_self_check_is_kept_where_somebody_with_an_account_asks_for_it(own_web: Web) -> None:
    client = own_web.as_("enterprise")
    assert "Keep this self-check" in client.get(f"{CHECK}&lang=en").text
    assert "Keep this self-check" not in own_web.as_("nobody").get(f"{CHECK}&lang=en").text
    given = {"sector": "industry", "above_scale": "yes"}
    answer = own_web.as_("enterprise").post("/self-check/keep", headers=ORIGIN, data=given)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/self-check?sector=industry&above_scale=yes"
    with own_web.brain.store.reading() as reader:
        entry = next(e for e in reader.entries() if e.action == "self-check.kept")
    kept = own_web.brain.workspace.hidden / "evidence" / str(entry.told()["file"])
    assert json.loads(kept.read_text(encoding="utf-8")) == given
    assert own_web.as_("enterprise").post("/self-check/keep", headers=ORIGIN, data={"staff_mean": "many"}).status_code == 422


@pytest.mark.parametrize("query", ["founded_on=yesterday", "staff_mean=many", "staff_mean=-1", "sector=moon", "tax_paid_wan=%00", "land_mu=1e999999",
                                   "land_mu=" + "9" * 400])
def test_figures_that_cannot_be_are_told_and_not_judged(web: Web, query: str) -> None:
    answer = web.as_("nobody").get(f"/self-check?lang=en&{query}")
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text or "alarm" in answer.text
