"""From a mended workbook to a corrected fact: upload, assess, publish, object with evidence, correct, difference, letter."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import LOW, ORIGIN, Web


def act(client: TestClient, path: str, **values: str) -> str:
    """Do something on a page; where it leads."""
    answer = client.post(path, data=values, headers=ORIGIN)
    assert answer.status_code == 303, re.findall(r'role="alert"><p>([^<]*)', answer.text)
    return str(answer.headers["location"])


def outcome(client: TestClient) -> str:
    told = client.get(f"/api/v1/enterprise/{LOW}?rulebook=lowland/qiantang-5wan").json()
    verdict = next(b for s in told["sections"] for b in s["blocks"] if b["kind"] == "verdict")
    return str(verdict["mark"]["said"]["en"])


def test_a_fact_that_is_wrong_is_objected_to_corrected_and_everybody_judged_anew(own_web: Web) -> None:
    director = own_web.as_("director")
    handed = director.post("/door/hand-in", headers=ORIGIN, files={"workbook": ("税务局.csv", "统一社会信用代码,年度,实缴税金(万元)\n123,2022,-5\n".encode())})
    assert handed.status_code == 303
    assert "123" in director.get("/door").text
    assert act(director, "/door/assess", _confirmed="yes").startswith("/evaluation")
    notice = act(director, "/notices/publish", rulebook="lowland/qiantang-5wan", _confirmed="yes")
    assert LOW in own_web.as_("nobody").get(notice).text

    enterprise = own_web.as_("enterprise")
    assert "low-efficiency" in outcome(enterprise)
    form = enterprise.get(f"/objection-new/{LOW}?rulebook=lowland/qiantang-5wan").text
    assert 'value="tax_paid_wan"' in form
    answer = enterprise.post(f"/objection-new/{LOW}/object?rulebook=lowland/qiantang-5wan", headers=ORIGIN,
                             files={"evidence": ("receipt.pdf", b"%PDF-1.4 receipt")},
                             data={"fact": "tax_paid_wan", "value": "900万元", "reason": "a receipt was left out"})
    assert answer.status_code == 303, answer.text
    objection = answer.headers["location"]
    assert "receipt.pdf" in own_web.as_("enterprise").get(objection).text

    director = own_web.as_("director")
    evidence = director.post(f"{objection}/evidence", headers=ORIGIN)
    assert evidence.content == b"%PDF-1.4 receipt"
    act(director, f"{objection}/uphold", reason="the receipt is genuine", value="900万元", _confirmed="yes")
    assert "outcomes changed" in director.get(f"{objection}?lang=en").text or "结论改变" in director.get(objection).text
    assert outcome(director) == "not low-efficiency"
    assert "900" in director.get(f"/enterprise/{LOW}?rulebook=lowland/qiantang-5wan").text
    again = director.post(f"{objection}/uphold", headers=ORIGIN, data={"reason": "twice", "value": "901万元"})
    assert again.status_code == 422


@pytest.mark.parametrize(('values', 'files'), [
    ({"fact": "tax_paid_wan", "value": "900", "reason": "x"}, {}), ({"fact": "nosuch", "value": "900", "reason": "x"}, {"evidence": ("a", b"a")}),
    ({"fact": "tax_paid_wan", "value": "", "reason": "x"}, {"evidence": ("a", b"a")})], ids=["no evidence", "no such fact", "no value"])
def test_an_objection_that_lacks_something_is_refused_and_opens_nothing(own_web: Web, values: dict[str, str], files: dict[str, tuple[str, bytes]]) -> None:
    client = own_web.as_("enterprise")
    answer = client.post(f"/objection-new/{LOW}/object?rulebook=lowland/qiantang-5wan", headers=ORIGIN, data=values, files=files)
    assert answer.status_code == 422
    assert own_web.as_("director").get("/api/v1/objections").json()["title"]["en"].startswith("0 ")


def test_a_case_is_worked_through_its_page(own_web: Web) -> None:
    client = own_web.as_("director")
    case = "/case/lowland-2022-000001"
    act(client, f"{case}/assign", person="Li")
    act(client, f"{case}/step", event="submit_plan", route="improve", plan_land_mu="10", due_on="2023-12-31", measures="a second line")
    page = client.get(f"{case}?lang=en").text
    assert "plan submitted" in page
    assert "10.00" in page
    wrong = client.post(f"{case}/step?lang=en", headers=ORIGIN, data={"event": "accept"})
    assert wrong.status_code == 422


def test_a_reform_is_tried_on_the_page_and_changes_nothing(web: Web) -> None:
    client = web.as_("director")
    page = client.get("/reform?rulebook=lowland/qiantang-5wan&lang=en")
    named = re.search(r'name="(p\d+)" value="5"', page.text)
    assert named is not None
    tried = client.get(f"/api/v1/reform?rulebook=lowland/qiantang-5wan&{named[1]}=50").json()
    flow = next(b for s in tried["sections"] for b in s["blocks"] if b["kind"] == "flow")
    moved = sum(n for r, row in enumerate(flow["counts"]) for c, n in enumerate(row) if r != c)
    assert moved > 0
    assert f"{moved} would get another outcome" in tried["sections"][2]["title"]["en"]
    assert client.get(f"/reform?rulebook=lowland/qiantang-5wan&{named[1]}=much").status_code == 200
