"""From a mended workbook to a corrected fact: upload, assess, publish, object with evidence, correct, difference, letter."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from starlette.testclient import TestClient

from qiantang.domains.notices.letters import is_code
from qiantang.kernel.actions.proof import verify_log
from tests.web.conftest import FOREIGN, LOW, ORIGIN, Web


def act(client: TestClient, path: str, **values: str) -> str:
    """Do something on a page; where it leads."""
    answer = client.post(path, data=values, headers=ORIGIN)
    assert answer.status_code == 303, re.findall(r'role="alert"><p>([^<]*)', answer.text)
    return str(answer.headers["location"])


def outcome(client: TestClient) -> str:
    told = client.get(f"/api/v1/enterprise/{LOW}?rulebook=lowland/qiantang-5wan").json()
    verdict = next(b for s in told["sections"] for b in s["blocks"] if b["kind"] == "verdict")
    return str(verdict["mark"]["said"]["en"])


HEAD = "统一社会信用代码,年度,实缴税金(万元)"


def hand_in(client: TestClient, lines: list[str]) -> str:
    """A department's sheet handed in; what the door says of it."""
    answer = client.post("/door/hand-in", headers=ORIGIN, files={"workbook": ("税务局.csv", "\n".join([HEAD, *lines, ""]).encode())})
    assert answer.status_code == 303, answer.text
    return str(client.get("/api/v1/door").json()["title"]["en"])


def rows_kept_out(client: TestClient) -> list[dict[str, Any]]:
    """The rows sent back, as somebody reads them who is to mend them."""
    answer = client.post("/door/quarantine", headers=ORIGIN)
    assert answer.status_code == 200
    head, *rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def letter(client: TestClient, folder: Path) -> str:
    """The text of the letter that is issued now."""
    answer = client.post(f"/letter/{LOW}/issue?rulebook=lowland/qiantang-5wan", data={"language": "en"}, headers=ORIGIN)
    assert answer.headers["content-type"] == "application/pdf", answer.text
    path = folder / "letter.pdf"
    path.write_bytes(answer.content)
    text = subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True).stdout
    return " ".join(text.replace("-\n", "-").split())


def proved(web: Web, text: str) -> str:
    """What anybody is told who types in the code of a letter."""
    code = next(word for word in text.split() if is_code(word))
    return web.as_("nobody").get(f"/verify?code={code}&lang=en").text


@pytest.mark.needs("pango")
@pytest.mark.needs("pdftotext")
def test_the_walk_from_a_workbook_to_a_letter(own_web: Web, tmp_path: Path) -> None:
    director = own_web.as_("director")
    # A sheet with a wrong figure: one row comes back, with its place and what to do.
    lines = [f"{LOW},2021,-5", f"{FOREIGN},2021,31"]
    assert hand_in(director, lines).endswith("182 accepted, 1 kept out")
    wrong = rows_kept_out(director)
    assert [(row["row"], row["value"], row["message_en"]) for row in wrong] == [(2.0, "-5", "-5 is below 0")]
    # It is mended where the list says, and handed in again: every row that was read is now either accepted or told of.
    for row in wrong:
        lines[int(row["row"]) - 2] = lines[int(row["row"]) - 2].replace(row["value"], "5")
    assert hand_in(director, lines).endswith("183 accepted, 0 kept out")
    # Everybody is judged, the run is published and stands open to everybody.
    assert act(director, "/door/assess", _confirmed="yes").startswith("/evaluation")
    notice = act(director, "/notices/publish", rulebook="lowland/qiantang-5wan", _confirmed="yes")
    assert LOW in own_web.as_("nobody").get(notice).text
    # The letter tells the outcome and until when one may object; anybody can prove it.
    before = letter(own_web.as_("director"), tmp_path)
    assert "low-efficiency" in before
    assert "object by 20" in before
    assert "The letter is genuine." in proved(own_web, before)
    # The enterprise objects to a fact, with evidence.
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
    # The bureau looks at the evidence, corrects the fact, and everybody is judged anew; the difference is told.
    director = own_web.as_("director")
    evidence = director.post(f"{objection}/evidence", headers=ORIGIN)
    assert evidence.content == b"%PDF-1.4 receipt"
    act(director, f"{objection}/uphold", reason="the receipt is genuine", value="900万元", _confirmed="yes")
    assert "outcomes changed" in director.get(f"{objection}?lang=en").text or "结论改变" in director.get(objection).text
    assert outcome(director) == "not low-efficiency"
    assert "900" in director.get(f"/enterprise/{LOW}?rulebook=lowland/qiantang-5wan").text
    again = director.post(f"{objection}/uphold", headers=ORIGIN, data={"reason": "twice", "value": "901万元"})
    assert again.status_code == 422
    # The letter of now says so; the one before is still genuine, and known to be overtaken.
    after = letter(own_web.as_("enterprise"), tmp_path)
    assert "not low-efficiency" in after
    assert "The letter is genuine." in proved(own_web, after)
    assert "a newer evaluation has taken the place" in proved(own_web, before)
    # Of each step the log has its entry, and it is whole.
    with own_web.brain.store.reading() as reader:
        acts = {entry.action for entry in reader.entries()}
    assert {"facts.handed-in", "run.recorded", "case.opened", "fact.corrected", "letter.issued", "page.read"} <= acts
    assert verify_log(own_web.brain.store).whole


@pytest.mark.parametrize(('values', 'files'), [
    ({"fact": "tax_paid_wan", "value": "900", "reason": "x"}, {}), ({"fact": "nosuch", "value": "900", "reason": "x"}, {"evidence": ("a", b"a")}),
    ({"fact": "tax_paid_wan", "value": "", "reason": "x"}, {"evidence": ("a", b"a")}),
    ({"fact": "tax_paid_wan", "value": "much more", "reason": "x"}, {"evidence": ("a", b"a")})],
    ids=["no evidence", "no such fact", "no value", "a value that is none"])
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
