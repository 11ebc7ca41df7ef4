"""What no request gets past: another site's form, a body without end, a page that runs foreign scripts."""

from __future__ import annotations

import io
import zipfile

import pytest

from qiantang.web.guarding import LARGEST_BODY
from tests.web.conftest import ORIGIN, Web


@pytest.mark.parametrize("headers", [{}, {"origin": "https://elsewhere.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"},
                                     {"origin": "http://testserver", "sec-fetch-site": "same-site"}], ids=str)
def test_a_form_of_another_site_does_nothing(web: Web, headers: dict[str, str]) -> None:
    answer = web.as_("director").post("/cases/step", headers=headers)
    assert answer.status_code == 403


def test_a_body_that_says_it_is_too_large_is_refused_unread(web: Web) -> None:
    answer = web.as_("director").post("/door/hand-in", headers={**ORIGIN, "content-length": str(LARGEST_BODY + 1)}, content=b"")
    assert answer.status_code == 413


def test_every_answer_carries_the_strict_policy_and_no_page_breaks_it(web: Web) -> None:
    client = web.as_("director")
    for path in ("/cockpit", "/evaluation", "/cases", "/nosuch", "/api/v1/cockpit", "/static/page.js"):
        answer = client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        if answer.headers["content-type"].startswith("text/html"):
            assert " style=" not in answer.text
            assert " onclick=" not in answer.text
            assert "<script>" not in answer.text
            assert "//" not in answer.text.replace("http://www.w3.org/2000/svg", "").replace("https://", "§").split("<body>")[0]


def hand_in(web: Web, name: str, content: bytes) -> tuple[int, str]:
    answer = web.as_("director").post("/door/hand-in?lang=en", headers=ORIGIN, files={"workbook": (name, content)})
    return answer.status_code, answer.text


def test_what_is_no_workbook_is_refused_with_the_remedy_and_nothing_is_kept(own_web: Web) -> None:
    before = sorted(p.name for p in own_web.brain.workspace.folder.iterdir())
    for name, content in (("a.exe", b"MZ"), ("a.xlsx", b"not a workbook"), ("empty.xlsx", b""), ("../../evil.sh", b"#!")):
        status, said = hand_in(own_web, name, content)
        assert status == 422, name
        assert "role=\"alert\"" in said
    assert sorted(p.name for p in own_web.brain.workspace.folder.iterdir()) == before


def test_zeros_without_end_are_not_unpacked(own_web: Web) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 100_000_000)
    status, said = hand_in(own_web, "bomb.xlsx", bomb.getvalue())
    assert status == 422
    assert "would unpack to too much" in said
    assert not (own_web.brain.workspace.folder / "bomb.xlsx").exists()


def test_a_workbook_of_the_same_name_replaces_and_keeps_the_one_before(own_web: Web) -> None:
    folder = own_web.brain.workspace.folder
    before = (folder / "facts.xlsx").read_bytes()
    other = b"uscc,year\n"
    assert hand_in(own_web, "facts.csv", other)[0] in (303, 422)
    assert (folder / "facts.xlsx").read_bytes() == before
    hand_in(own_web, "facts.csv", b"uscc,year\n1,2\n")
    kept = list((own_web.brain.workspace.hidden / "replaced").iterdir())
    assert [p.read_bytes() for p in kept] == [other]
