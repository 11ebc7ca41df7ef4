"""Letters in batches: what is written is kept, what is missing is written, through kills and restarts, and each is genuine."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from qiantang.cli import main
from qiantang.district.letter_batches import MANIFEST, LetterBatch
from qiantang.kernel.errors import FactsError
from qiantang.web.letters import press
from qiantang.web.letters.batch import FONTS, Order, Progress, write_letters
from tests.web.conftest import ORIGIN, Web

pytestmark = [pytest.mark.needs("pango"), pytest.mark.needs("pdftotext")]
BOOK = "lowland/qiantang-5wan"
RUN = "import sys; from qiantang.cli import main; sys.exit(main(sys.argv[1:]))"


def order(web: Web, out: Path, most: int | None = 3) -> Order:
    return Order(web.brain.workspace.folder, BOOK, out, address="https://brain.example", most=most, workers=1, who="director")


def stamps(out: Path) -> dict[str, int]:
    return {p.name: p.stat().st_mtime_ns for p in out.glob("*.pdf")}


def text_of(pdf: Path) -> str:
    return subprocess.run(["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True, text=True).stdout


def test_a_batch_keeps_what_is_written_and_writes_what_is_missing(own_web: Web, tmp_path: Path) -> None:
    out = tmp_path / "letters"
    told: list[Progress] = []
    done = write_letters(order(own_web, out), told.append)
    assert (done.total, done.written, done.failed) == (3, 3, 0)
    assert told[0].done == 0
    assert told[-1].done == 3
    letters = LetterBatch(out).written()
    for subject, letter in letters.items():
        text = text_of(out / letter.file)
        assert text.count("\f") == 1
        assert subject in text.replace(" ", "")
        assert letter.code in text
        assert "The letter is genuine." in own_web.as_("nobody").get(f"/verify?code={letter.code}&lang=en").text
    before = stamps(out)
    first, second = sorted(before)[:2]
    whole = (out / first).read_bytes()
    (out / first).write_bytes(whole[:1000])
    (out / second).unlink()
    again = write_letters(order(own_web, out))
    assert (again.kept, again.written) == (1, 2)
    after = stamps(out)
    assert {n: after[n] for n in before if n not in (first, second)} == {n: before[n] for n in before if n not in (first, second)}
    assert (out / first).read_bytes() == whole  # the same letter is the same bytes
    assert write_letters(order(own_web, out)).written == 0
    with pytest.raises(FactsError) as refused:
        write_letters(Order(own_web.brain.workspace.folder, "mu/huangyan-2022", out, most=1))
    assert "another batch" in str(refused.value.faults[0].message.en)


def test_a_batch_that_is_killed_goes_on_and_loses_nothing(own_web: Web, tmp_path: Path) -> None:
    out = tmp_path / "letters"
    words = ["letters", str(own_web.brain.workspace.folder), "--rulebook", BOOK, "--out", str(out), "--limit", "9", "--workers", "1", "--by", "director"]
    child = subprocess.Popen([sys.executable, "-c", RUN, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    for _ in range(600):
        if len(LetterBatch(out).written()) >= 2 or child.poll() is not None:
            break
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGKILL)
    assert child.wait(30) == -signal.SIGKILL
    kept = LetterBatch(out).written()
    assert 2 <= len(kept) < 9
    with (out / MANIFEST).open("a", encoding="utf-8") as manifest:
        manifest.write('{"subject": "cut of')  # as a power cut leaves a line
    before = stamps(out)
    assert main([*words, "--json"]) == 0
    assert len(LetterBatch(out).written()) == 9
    after = stamps(out)
    assert all(after[one.file] == before[one.file] for one in kept.values())
    with own_web.brain.store.reading() as reader:
        issued = [e for one in LetterBatch(out).written().values() for e in reader.entries(f"letter:{one.code}")]
    assert {e.actor for e in issued} == {"director"}


def test_an_official_begins_a_batch_in_the_browser_watches_it_and_takes_it_away(own_web: Web) -> None:
    client = own_web.as_("director")
    begun = client.post("/letters/begin", headers=ORIGIN, data={"rulebook": BOOK, "outcome": "low", "language": "en", "_confirmed": "yes"})
    assert begun.status_code == 303, begun.text
    second = client.post("/letters/begin", headers=ORIGIN, data={"rulebook": BOOK, "language": "zh", "_confirmed": "yes"})
    batch = LetterBatch(next((own_web.brain.workspace.hidden / "letters").iterdir()))
    for _ in range(1200):
        state = batch.state
        if state is not None and state.ended is not None:
            break
        time.sleep(0.05)
    state = batch.state
    assert state is not None
    assert (state.done, state.failed) == (state.total, 0), (batch.folder / "log.txt").read_text()
    assert state.total >= 3
    assert second.status_code == 422  # one batch at a time
    page = client.get("/letters?lang=en").text
    assert "all written" in page
    taken = client.post("/letters/take", headers=ORIGIN, data={"batch": batch.folder.name})
    names = zipfile.ZipFile(io.BytesIO(taken.content)).namelist()
    assert len(names) == state.total
    listed = client.post("/letters/manifest", headers=ORIGIN, data={"batch": batch.folder.name}).text.splitlines()
    assert json.loads(listed[0])["batch"]["outcomes"] == ["low"]
    for name in ("../..", "nosuch", ""):
        assert client.post("/letters/take", headers=ORIGIN, data={"batch": name}).status_code in (404, 422)


def test_a_letter_of_cut_fonts_is_the_same_to_the_eye_and_signs_outside_come_from_the_whole_font(
        own_web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    write_letters(order(own_web, whole, 1))
    monkeypatch.setattr(press, "common_characters", lambda: "评价结果告知书根据年度工业企业0123456789 ")
    for weight in press.WEIGHTS:
        if not press.cut_font(cut / FONTS, weight):
            pytest.skip("the font of this machine cannot be cut")
    write_letters(order(own_web, cut, 1))
    letter = next(iter(LetterBatch(cut).written().values()))
    placed = [subprocess.run(["pdftotext", "-bbox", folder / letter.file, "-"], check=True, capture_output=True, text=True).stdout for folder in (whole, cut)]
    assert placed[0] == placed[1]
    fonts = subprocess.run(["pdffonts", cut / letter.file], check=True, capture_output=True, text=True).stdout
    assert "Letter-CJK" in fonts
    assert len(fonts.splitlines()) > len(press.WEIGHTS) + 2  # the whole font is there besides
    assert letter.bytes != LetterBatch(whole).written()[letter.subject].bytes


@pytest.mark.parametrize("words", [["--rulebook", "nosuch/book", "--out", "x"], ["--rulebook", BOOK], ["--rulebook", BOOK, "--out", "x", "--outcome", "Z"]],
                         ids=["no such rulebook", "no folder", "no such outcome"])
def test_what_cannot_be_written_is_refused_before_anything_is(web: Web, tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    given = [str(tmp_path / w) if w == "x" else w for w in words]
    assert main(["letters", str(web.brain.workspace.folder), *given, "--json"]) == 2
    assert not list(tmp_path.rglob("*.pdf"))
    assert re.search(r"zh", capsys.readouterr().out)
