"""What is handed in: no name leaves the folder, no archive unpacks without end, no body fills the memory, a kill loses nothing."""

from __future__ import annotations

import http.client
import io
import shutil
import socket
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from qiantang.district.assembly import house
from qiantang.district.intake import QUARANTINE
from qiantang.links.templates import write_template
from tests.cli.tiny import rows
from tests.web.conftest import LOW, ORIGIN, Web
from tests.web.served import Served, served

CSV = "统一社会信用代码,年度,实缴税金(万元)\n".encode()
EDGE = "qt-edge"


def hand_in(web: Web, name: str, content: bytes) -> tuple[int, str]:
    answer = web.as_("director").post("/door/hand-in?lang=en", headers=ORIGIN, files={"workbook": (name, content)})
    return answer.status_code, answer.text


def files_of(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


# --- names ---


@pytest.mark.parametrize(("name", "kept"), [
    ("../../escaped.csv", "escaped.csv"), ("..\\..\\escaped.csv", "escaped.csv"), ("/etc/cron.d/escaped.csv", "escaped.csv"),
    ("C:\\temp\\escaped.csv", "escaped.csv"), (".qiantang/state.csv", "state.csv"), ("....//escaped.csv", "escaped.csv"),
    ("a:b*c?.csv", "a_b_c_.csv"), ("税务局.csv", "税务局.csv")])
def test_a_file_lies_in_the_folder_under_its_own_last_name(own_web: Web, name: str, kept: str) -> None:
    folder = own_web.brain.workspace.folder
    outside = sorted(p.name for p in folder.parent.iterdir())
    before = files_of(folder)
    status, _ = hand_in(own_web, name, CSV + f"{LOW},2021,30\n".encode())
    assert status == 303
    assert set(files_of(folder)) - set(before) == {kept}
    assert sorted(p.name for p in folder.parent.iterdir()) == outside


@pytest.mark.parametrize("name", ["district.yaml", "rulebooks/evil.yaml", "web.yaml", ".csv", "..", "x.csv.exe", "x", "state.sqlite"])
def test_nothing_but_a_workbook_is_taken(own_web: Web, name: str) -> None:
    before = files_of(own_web.brain.workspace.folder)
    status, said = hand_in(own_web, name, b"id: x\n")
    assert status == 422
    assert 'role="alert"' in said
    assert files_of(own_web.brain.workspace.folder) == before


def test_a_name_without_end_is_told_to_be_unreadable(own_web: Web) -> None:
    before = files_of(own_web.brain.workspace.folder)
    status, said = hand_in(own_web, "x" * 5000 + ".csv", CSV)
    assert status == 400
    assert "nothing was kept" in said
    assert files_of(own_web.brain.workspace.folder) == before


# --- content ---


def lying(says: int, holds: int) -> bytes:
    """An archive with one part that says it holds few bytes, and holds many."""
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packing.compress(b"\0" * holds) + packing.flush()
    name, crc = b"xl/worksheets/sheet1.xml", zlib.crc32(b"\0" * says)
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0, crc, len(packed), says, len(name), 0) + name
    central = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0, crc, len(packed), says, len(name), 0, 0, 0, 0, 0, 0) + name
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(central), len(local) + len(packed), 0)
    return local + packed + central + end


def many_parts() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for n in range(6000):
            archive.writestr(f"p{n}", b"")
    return packed.getvalue()


def cut_short() -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<x/>" * 1000)
    return whole.getvalue()[:-30]


@pytest.mark.parametrize(("content", "said"), [
    (b"\0" * 5_000_000, "no workbook"), (b"PK\x03\x04" + b"\0" * 1000, "no workbook"), (lying(1000, 200_000_000), "more than it says"),
    (many_parts(), "unpack to too much"), (cut_short(), "no workbook"), (b"%PDF-1.4", "no workbook")],
    ids=["zeros", "a head alone", "a lying bomb", "6,000 parts", "cut short", "a PDF"])
@pytest.mark.parametrize("name", ["facts.xlsx", "facts.ods"])
def test_what_is_no_honest_workbook_is_refused_and_what_was_there_stays(own_web: Web, name: str, content: bytes, said: str) -> None:
    before = files_of(own_web.brain.workspace.folder)
    status, page = hand_in(own_web, name, content)
    assert status == 422
    assert said in page
    assert files_of(own_web.brain.workspace.folder) == before


def test_a_workbook_of_excel_is_honest(own_web: Web, tmp_path: Path) -> None:
    path = tmp_path / "again.xlsx"
    write_template(path, house().tables, "en", rows())
    assert hand_in(own_web, "again.xlsx", path.read_bytes())[0] == 303


def test_a_cell_that_is_a_formula_runs_neither_in_the_rows_sent_back_nor_in_an_export(own_web: Web) -> None:
    evil = "=HYPERLINK(\"http://evil.example\",\"x\")"
    quoted = '"' + evil.replace('"', '""') + '"'
    hand_in(own_web, "税务局.csv", CSV + f"{quoted},2022,-5\n".encode())
    client = own_web.as_("director")
    assert evil.replace('"', "&#34;") in client.get("/door").text
    client.post("/door/quarantine", headers=ORIGIN)
    sheets = zipfile.ZipFile(own_web.brain.workspace.hidden / QUARANTINE)
    assert not any(b"<f>" in sheets.read(part) for part in sheets.namelist() if "worksheets" in part)
    taken = client.get("/take/door?table=cells&form=csv")
    assert taken.status_code == 200
    assert f"'{evil[:10]}" in taken.text
    assert f",{evil[:10]}" not in taken.text.replace('"', "")


def test_a_form_that_is_no_form_is_told_so(own_web: Web) -> None:
    client = own_web.as_("director")
    for kind, body in (("multipart/form-data; boundary=x", b"--y\r\n"), ("multipart/form-data", b"x"), ("text/plain", b"x"), ("application/json", b"{}")):
        answer = client.post("/door/hand-in?lang=en", headers={**ORIGIN, "content-type": kind}, content=body)
        assert answer.status_code in (400, 415, 422), kind
        assert "Traceback" not in answer.text


def test_a_text_without_end_is_refused(own_web: Web) -> None:
    client = own_web.as_("director")
    big = b"person=" + b"x" * 2_000_000
    answer = client.post("/case/lowland-2022-000001/assign", headers={**ORIGIN, "content-type": "application/x-www-form-urlencoded"}, content=big)
    assert answer.status_code == 413
    answer = client.post("/api/v1/case/lowland-2022-000001/assign", headers=ORIGIN, json={"person": "x" * 2_000_000})
    assert answer.status_code == 413


# --- over the wire ---


@pytest.fixture(scope="module")
def server(tiny_district: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("uploads") / "district"
    shutil.copytree(tiny_district, folder)
    with served(folder) as found:
        yield found


def form_of(name: str) -> tuple[bytes, bytes]:
    """What stands before and after a file in a form."""
    head = f'--{EDGE}\r\ncontent-disposition: form-data; name="workbook"; filename="{name}"\r\ncontent-type: application/octet-stream\r\n\r\n'
    return head.encode(), f"\r\n--{EDGE}--\r\n".encode()


@pytest.mark.parametrize("said", [True, False], ids=["length said", "in pieces"])
def test_a_hundred_megabytes_of_zeros_are_refused_clearly_and_never_held(server: Served, said: bool) -> None:
    before, files = server.peak_mib(), files_of(server.folder)
    piece, many = b"\0" * 1_000_000, 100
    head, tail = form_of("zeros.xlsx")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        headers = {**server.origin, "content-type": f"multipart/form-data; boundary={EDGE}"}
        if said:
            headers["content-length"] = str(len(head) + len(piece) * many + len(tail))
        else:
            headers["transfer-encoding"] = "chunked"
        body = (part for part in (head, *[piece] * many, tail))
        connection.request("POST", "/door/hand-in", body, headers, encode_chunked=not said)
        answer = connection.getresponse()
        assert answer.status == 413
        assert "64 MB" in answer.read().decode()
    finally:
        connection.close()
    assert server.peak_mib() - before < 90
    assert files_of(server.folder) == files
    assert server.ask("GET", "/cases")[0] == 200


def test_a_server_killed_while_a_workbook_comes_in_loses_nothing_and_takes_it_again(server: Served, tmp_path: Path) -> None:
    path = tmp_path / "facts.xlsx"
    write_template(path, house().tables, "zh", rows())
    before = files_of(server.folder)
    cases = server.ask("GET", "/api/v1/cases")[2]
    head, tail = form_of("facts.xlsx")
    whole = head + path.read_bytes() + tail
    request = (f"POST /door/hand-in HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\norigin: http://127.0.0.1:{server.port}\r\ncookie: {server.cookie}\r\n"
               f"content-type: multipart/form-data; boundary={EDGE}\r\ncontent-length: {len(whole)}\r\n\r\n").encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
        line.sendall(request + whole[:len(whole) // 2])
        server.kill()
    assert files_of(server.folder) == before
    server.begin_anew()
    assert server.ask("GET", "/api/v1/cases")[2] == cases  # the session outlived the server, too
    status, headers, _ = server.ask("POST", "/door/hand-in", whole, {"content-type": f"multipart/form-data; boundary={EDGE}"})
    assert (status, headers["location"]) == (303, "/door")
    assert not list((server.folder / ".qiantang").glob(".receiving*"))
