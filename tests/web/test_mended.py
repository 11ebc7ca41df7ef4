"""What a newcomer stumbled over stays mended: a refused act can be tried again, a part is not held against the whole."""

from __future__ import annotations

import re

from tests.web.conftest import LOW, ORIGIN, Web


def test_after_a_refused_act_the_page_leads_on_as_before(own_web: Web) -> None:
    page = own_web.as_("director").post(f"/objection-new/{LOW}/object", data={"fact": "nosuch"}, headers=ORIGIN)
    assert page.status_code == 422
    assert f'action="/objection-new/{LOW}/object' in page.text
    assert "/object/object" not in page.text
    assert not re.search(r'href="[^"]*/object\?', page.text)


def test_the_cockpit_of_a_part_is_not_held_against_the_whole_district(web: Web) -> None:
    whole = web.as_("director").get("/cockpit?lang=en").text
    part = web.as_("enterprise").get("/cockpit?lang=en").text
    assert "only what your account sees" in part
    assert "only what your account sees" not in whole
    assert "target 0 enterprises" in whole
    assert "target 0 enterprises" not in part
    assert "the first six hold" not in part


def test_a_case_whose_ground_was_taken_away_says_so(own_web: Web) -> None:
    client = own_web.as_("director")
    case = "lowland-2022-000001"
    assert "no longer holds" not in client.get(f"/case/{case}?lang=en").text
    answer = client.post(f"/objection-new/{LOW}/object?rulebook=lowland/qiantang-5wan", headers=ORIGIN,
                         data={"fact": "tax_paid_wan", "value": "5000万元", "reason": "漏计"}, files={"evidence": ("proof.txt", b"proof")})
    assert answer.status_code == 303, answer.text
    objection = answer.headers["location"].split("?")[0]
    upheld = client.post(f"{objection}/uphold", headers=ORIGIN, data={"reason": "属实", "value": "5000万元"})
    assert upheld.status_code == 303, upheld.text
    page = client.get(f"{objection}?lang=en").text
    assert "corrected to" in page
    assert f"{LOW} low → not_low" in page
    assert "no longer holds" in client.get(f"/case/{case}?lang=en").text
    assert "its ground no longer holds" in client.get("/cases?process=lowland&lang=en").text
