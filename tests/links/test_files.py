"""Files are opened for what they are; what cannot be opened says why, and a sheet's rows keep Excel's numbers."""

import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from qiantang.kernel.errors import FactsError
from qiantang.kernel.facts.sheets import Sheet
from qiantang.links import files
from qiantang.links.files import handed_in, sheets_of


def opened(path: Path) -> list[Sheet]:
    return list(sheets_of(path, path.name))


def rule(path: Path) -> str:
    with pytest.raises(FactsError) as found:
        opened(path)
    assert found.value.faults[0].place.file == path.name
    return found.value.faults[0].rule


def test_a_workbook_gives_its_sheets_and_leaves_the_notes_out(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        book.add_worksheet("说明").write(0, 0, "请填写")
        sheet = book.add_worksheet("企业名录")
        sheet.write_row(2, 0, ["统一社会信用代码", 12.5, True])
        book.add_worksheet("空")
    (first, second) = opened(tmp_path / "a.xlsx")
    assert (first.file, first.name, second.name) == ("a.xlsx", "企业名录", "空")
    assert list(first.rows[2]) == ["统一社会信用代码", 12.5, True], "the two empty rows above are kept: this is row 3 in Excel"
    assert list(second.rows) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_a_csv_is_read_in_the_encodings_and_separators_in_use(tmp_path: Path, encoding: str, separator: str) -> None:
    path = tmp_path / "企业.csv"
    path.write_text(f'代码{separator}名称\r\n0012{separator}"示例{separator}甲\n乙"\r\n', encoding=encoding)
    assert [list(row) for row in opened(path)[0].rows] == [["代码", "名称"], ["0012", f"示例{separator}甲\n乙"]]


def test_a_parquet_file_stays_where_it_is(tmp_path: Path) -> None:
    assert opened(tmp_path / "a.parquet") == [Sheet("a.parquet", "", columnar=tmp_path / "a.parquet")]


@pytest.mark.parametrize("content", [
    b"", b"junk" * 300_000, b"PK\x03\x04" + b"\0" * 1000, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000,
])
def test_what_is_no_workbook_is_unreadable_and_nothing_worse(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    assert rule(tmp_path / "a.xlsx") == "unreadable"


def test_a_zip_of_something_else_is_unreadable(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as packed:
        packed.writestr("readme.txt", "hello")
    assert rule(tmp_path / "a.xlsx") == "unreadable"


def test_a_workbook_cut_in_half_is_unreadable(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "whole.xlsx")) as book:
        book.add_worksheet().write(0, 0, "x")
    whole = (tmp_path / "whole.xlsx").read_bytes()
    (tmp_path / "half.xlsx").write_bytes(whole[:len(whole) // 2])
    assert rule(tmp_path / "half.xlsx") == "unreadable"


def test_a_password_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"))
    assert rule(tmp_path / "a.xlsx") == "password"


def test_a_workbook_that_unpacks_without_measure_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_UNPACKED", 1_000_000)
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 2_000_000)
    assert rule(tmp_path / "bomb.xlsx") == "unpacked_size"


def test_bytes_that_are_no_text_are_no_csv(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(bytes(range(256)) * 100)
    assert rule(tmp_path / "a.csv") == "unreadable"


def test_lock_files_and_hidden_files_were_not_handed_in(tmp_path: Path) -> None:
    for name in ("b.xlsx", "~$b.xlsx", ".hidden.csv", "sub/a.csv", ".git/c.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [p.relative_to(tmp_path).as_posix() for p in handed_in(tmp_path)] == ["b.xlsx", "sub/a.csv"]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FactsError, match="there is no folder"):
        handed_in(tmp_path / "nowhere")
