"""A letter is one page whose text can be read back, and whose code proves it genuine until something newer stands."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiantang.domains.notices.letters import is_code, verification_code
from tests.web.conftest import FOREIGN, LOW, ORIGIN, Web


def issue(web: Web, person: str = "director", subject: str = LOW, lang: str = "zh") -> bytes:
    answer = web.as_(person).post(f"/letter/{subject}/issue?rulebook=lowland/qiantang-5wan", data={"language": lang}, headers=ORIGIN)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return answer.content


def text_of(pdf: bytes, folder: Path) -> str:
    path = folder / "letter.pdf"
    path.write_bytes(pdf)
    return subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True).stdout


@pytest.mark.needs("pango")
@pytest.mark.needs("pdftotext")
@pytest.mark.parametrize(("lang", "word"), [("zh", "评价结果告知书"), ("en", "Notice of an evaluation")])
def test_a_letter_is_one_page_with_text_that_can_be_copied(own_web: Web, tmp_path: Path, lang: str, word: str) -> None:
    text = text_of(issue(own_web, lang=lang), tmp_path)
    assert text.count("\f") == 1
    assert word in text
    assert LOW in text.replace(" ", "")


@pytest.mark.needs("pango")
@pytest.mark.needs("pdftotext")
def test_a_letter_is_a4_tagged_for_those_who_cannot_see_and_the_same_bytes_each_time(own_web: Web, tmp_path: Path) -> None:
    first = issue(own_web)
    path = tmp_path / "letter.pdf"
    path.write_bytes(first)
    told = subprocess.run(["pdfinfo", path], check=True, capture_output=True, text=True).stdout
    assert re.search(r"Tagged:\s+yes", told)
    assert "A4" in told
    fonts = subprocess.run(["pdffonts", path], check=True, capture_output=True, text=True).stdout.splitlines()[2:]
    assert fonts
    assert all(line.split()[-5:-2] == ["yes", "yes", "yes"] for line in fonts)  # embedded, a subset, with the signs' meaning
    assert issue(own_web) == first


@pytest.mark.needs("pango")
@pytest.mark.needs("pdftotext")
def test_an_english_letter_says_its_figures_in_english(own_web: Web, tmp_path: Path) -> None:
    text = text_of(issue(own_web, lang="en"), tmp_path)
    assert "not met" in text
    assert "yuan/mu" in text
    assert not re.search(r"[\u4e00-\u9fff]", text.split("Verification code")[0].replace("示例企业", "").replace("号有限公司", ""))


@pytest.mark.needs("pango")
@pytest.mark.needs("pdftotext")
def test_the_code_on_the_letter_proves_it_to_everybody(own_web: Web, tmp_path: Path) -> None:
    text = text_of(issue(own_web), tmp_path)
    code = next(word for word in text.split() if is_code(word))
    said = own_web.as_("nobody").get(f"/verify?code={code}&lang=en").text
    assert "The letter is genuine." in said
    assert LOW not in said.replace(code, "")
    slip = code[:-1] + ("2" if code[-1] != "2" else "3")
    assert "has a slip" in own_web.as_("nobody").get(f"/verify?code={slip}&lang=en").text
    other = verification_code("x", "y", "z", None)
    assert "No such letter" in own_web.as_("nobody").get(f"/verify?code={other}&lang=en").text


@pytest.mark.needs("pango")
def test_an_enterprise_gets_its_own_letter_and_no_other(own_web: Web) -> None:
    issue(own_web, "enterprise")
    answer = own_web.as_("enterprise").post(f"/letter/{FOREIGN}/issue?rulebook=lowland/qiantang-5wan", data={}, headers=ORIGIN)
    assert answer.status_code == 404


@given(st.text(max_size=20), st.integers(0, 18), st.sampled_from("23456789ABCDEFGHJKMNPQRSTUVWXYZ"))
def test_a_slip_in_one_sign_is_noticed(subject: str, place: int, sign: str) -> None:
    code = verification_code(subject, "book", "run", "A")
    assert is_code(code)
    if code[place] not in (sign, "-"):
        assert not is_code(code[:place] + sign + code[place + 1:])
