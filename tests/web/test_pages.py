"""Every page draws in both languages, for everybody who may open it; what is not theirs looks like what is not there."""

from __future__ import annotations

import re
from typing import Any

import pytest

from qiantang.kernel.pages.declaring import Page
from tests.web.conftest import FOREIGN, LOW, Web

CASE = "lowland-2022-000001"
ASKED = {"subject": LOW, "case": CASE, "view": "land_classes", "indicator": "hitech_enterprises", "notice": "notice-0",
         "plant": "nowhere", "machine": "press-1", "task": "task-1"}
MISSING_HERE = {"notice", "objection", "plant", "plant-alarms", "plant-genealogy", "plant-machine", "plant-task", "plant-tasks", "plant-wall"}
"""Pages whose subject this district has none of: they say so."""
HAN = re.compile(r"[\u4e00-\u9fff]")


def address(page: Page) -> str:
    return "/" + "/".join((page.name, *(ASKED[name] for name in page.path))) + ("?rulebook=mu/huangyan-2022" if page.name == "rulebook" else "")


def test_every_page_opens_for_the_director_in_both_languages(web: Web) -> None:
    client = web.as_("director")
    for page in web.pages:
        for lang in ("zh", "en"):
            answer = client.get(address(page) + ("&" if "?" in address(page) else "?") + f"lang={lang}")
            assert answer.status_code == (404 if page.name in MISSING_HERE else 200), (page.name, answer.text[:500])
            assert f'lang="{"zh-CN" if lang == "zh" else "en"}"' in answer.text
            assert answer.text.count("<h1>") == 1


def test_the_shell_of_an_english_page_holds_no_chinese_but_names(web: Web) -> None:
    client = web.as_("director")
    for path in ("/cases?lang=en", "/views?lang=en", "/audit?lang=en", "/tour?lang=en", "/self-check?lang=en", "/plan?lang=en"):
        text = client.get(path).text
        shown = re.sub(r"<script.*?</script>|<title>.*?</title>|<td.*?</td>|<option.*?</option>", "", text, flags=re.DOTALL)
        shown = shown.replace("中文", "")
        assert not HAN.search(re.sub(r"<[^>]+>", "", shown)), path


def test_every_page_has_a_json_twin_with_the_same_sections(web: Web) -> None:
    client = web.as_("director")
    for page in web.pages:
        answer = client.get("/api/v1" + address(page))
        assert answer.status_code == (404 if page.name in MISSING_HERE else 200), page.name
        told = answer.json()
        assert "sections" in told or "faults" in told
        if "sections" in told:
            assert set(told["title"]) == {"zh", "en"}


def test_nobody_without_an_account_sees_more_than_the_public_pages(web: Web) -> None:
    client = web.as_("nobody")
    for page in web.pages:
        answer = client.get(address(page))
        if page.public:
            assert answer.status_code in (200, 404), page.name
        else:
            assert answer.status_code == 303, page.name
            assert answer.headers["location"].startswith("/login?next=")
            assert client.get("/api/v1" + address(page)).status_code == 401


def test_a_foreign_enterprise_looks_exactly_like_one_that_is_not_there(web: Web) -> None:
    client = web.as_("enterprise")
    assert client.get(f"/enterprise/{LOW}").status_code == 200
    foreign, absent = client.get(f"/enterprise/{FOREIGN}"), client.get("/enterprise/91339900T99999999X")
    assert foreign.status_code == absent.status_code == 404
    assert foreign.text.replace(FOREIGN, "X") == absent.text.replace("91339900T99999999X", "X")


def test_an_officer_sees_the_rows_of_the_own_platform_alone(web: Web) -> None:
    def many(person: str) -> int:
        table = next(b for s in web.as_(person).get("/api/v1/evaluation?rulebook=mu/huangyan-2022").json()["sections"] for b in s["blocks"]
                     if b["kind"] == "table" and b["name"] == "evaluation")
        return int(table["portion"]["total"])

    assert (many("director"), many("officer"), many("enterprise"), many("stranger")) == (60, 20, 1, 0)


def test_what_a_person_may_not_do_is_not_there(web: Web) -> None:
    client = web.as_("officer")
    assert client.get("/door").status_code == 404
    assert client.get("/audit").status_code == 404
    assert client.post("/notices/publish", data={"rulebook": "mu/huangyan-2022"}, headers={"origin": "http://testserver"}).status_code == 404


def test_the_front_leads_to_the_first_page_that_one_may_open(web: Web) -> None:
    assert web.as_("director").get("/").headers["location"] == "/cockpit"
    assert web.as_("nobody").get("/").headers["location"] in ("/self-check", "/verify", "/login")


@pytest.mark.parametrize("path", ["/nosuch", "/enterprise", "/static/../serving.py", "/view/%2e%2e", "/take/evaluation?table=nosuch&form=csv",
                                  "/take/evaluation?table=evaluation&form=exe", "/evaluation/../../etc/passwd"])
def test_what_is_not_there_is_a_clear_page(web: Web, path: str) -> None:
    answer = web.as_("director").get(path)
    assert answer.status_code == 404


def test_a_filter_narrows_and_an_order_orders(web: Web) -> None:
    client = web.as_("director")

    def rows(query: str) -> list[list[Any]]:
        table = next(b for s in client.get(f"/api/v1/evaluation?rulebook=mu/huangyan-2022{query}").json()["sections"] for b in s["blocks"]
                     if b["kind"] == "table" and b["name"] == "evaluation")
        return [row["cells"] for row in table["rows"]]

    codes = [str(row[0]) for row in rows("&order=uscc")]
    assert codes == sorted(codes)
    assert rows("&order=-uscc")[0] == rows("&order=uscc&offset=50")[-1]
    assert len(rows("&q=07")) == 1
    assert {row[4]["code"] for row in rows("&outcome=D")} == {"D"}
    assert rows("&q='%3B--") == []


def test_reading_a_named_enterprise_is_logged(own_web: Web) -> None:
    own_web.as_("officer").get(f"/enterprise/{LOW}")
    with own_web.brain.store.reading() as reader:
        last = list(reader.entries(LOW))[-1]
    assert (last.actor, last.action) == ("officer", "page.read")


def test_an_empty_district_says_what_to_do(tmp_path: object) -> None:
    from pathlib import Path

    assert isinstance(tmp_path, Path)
    empty = Web(tmp_path)
    client = empty.as_("director")
    for path in ("/cockpit", "/evaluation", "/views", "/cases", "/reform", "/tour", "/door", "/rulebooks", "/notices", "/self-check"):
        answer = client.get(path)
        assert answer.status_code == 200, path
    assert 'href="/door"' in client.get("/cockpit").text
    empty.brain.close()
