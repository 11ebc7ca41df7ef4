"""Opens what people hand in (Excel, CSV, Parquet) as sheets of cells, and says clearly what cannot be opened."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from pathlib import Path

from qiantang.kernel.errors import FactsError, Fault, Place
from qiantang.kernel.facts.headers import ASIDES
from qiantang.kernel.facts.sheets import Cells, Sheet
from qiantang.kernel.words import Text

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
TEXTS = (".csv", ".tsv", ".txt")
COLUMNAR = (".parquet",)

MOST_UNPACKED = 4 * 2**30
"""A workbook that unpacks to more bytes than this is not opened."""
MOST_SQUEEZED = 400
"""Nor one that unpacks to more than this many times its size, where it is large at all."""
_SQUEEZED_FROM = 256 * 2**20

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ENCODINGS = ("utf-8-sig", "gb18030")
_LARGEST_CELL = 2**24


def handed_in(directory: Path) -> list[Path]:
    """Every file below a directory that a person put there, in a fixed order; hidden and lock files are not."""
    if not directory.is_dir():
        raise FactsError.of(f"没有文件夹 {directory}", f"there is no folder {directory}", place=Place(str(directory)),
                            remedy=Text("检查路径。", "Check the path."))
    return sorted(p for p in directory.rglob("*") if p.is_file()
                  and not any(part.startswith((".", "~$")) for part in p.relative_to(directory).parts))


def readable(path: Path) -> bool:
    """Whether the file's ending is one that can be opened."""
    return path.suffix.lower() in (*WORKBOOKS, *TEXTS, *COLUMNAR)


def sheets_of(path: Path, known_as: str) -> Iterator[Sheet]:
    """The sheets of a file under the name that reports use; FactsError where it cannot be opened.

    Sheets that explain a workbook are left out.
    """
    ending = path.suffix.lower()
    if ending in COLUMNAR:
        yield Sheet(known_as, "", columnar=path)
    elif ending in TEXTS:
        yield Sheet(known_as, "", _records(path, known_as))
    else:
        yield from _workbook(path, known_as)


def _workbook(path: Path, known_as: str) -> Iterator[Sheet]:
    import python_calamine

    _guarded(path, known_as)
    try:
        with path.open("rb") as file, python_calamine.load_workbook(file) as book:
            for name in book.sheet_names:
                if name.strip().lower() not in ASIDES:
                    # The sheet's own empty rows are kept, so that a row's number is the one that Excel shows.
                    yield Sheet(known_as, name, book.get_sheet_by_name(name).to_python(skip_empty_area=False))
    except (python_calamine.CalamineError, OSError, ValueError) as wrong:
        raise _unreadable(known_as, f"{type(wrong).__name__}: {wrong}") from wrong


def _guarded(path: Path, known_as: str) -> None:
    """Refuse what is encrypted, unpacks without measure, or is no workbook at all, before it is parsed."""
    with path.open("rb") as file:
        start = file.read(8)
    if start == _OLE:
        if _ENCRYPTED in path.read_bytes():
            raise FactsError.of("工作簿有密码保护", "the workbook is password-protected", place=Place(known_as), rule="password",
                                remedy=Text("去掉密码后重新保存。", "Save it again without the password."))
        return
    if not zipfile.is_zipfile(path):
        raise _unreadable(known_as, "")
    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
    except zipfile.BadZipFile as wrong:
        raise _unreadable(known_as, str(wrong)) from wrong
    if unpacked > MOST_UNPACKED or (unpacked > _SQUEEZED_FROM and unpacked > MOST_SQUEEZED * path.stat().st_size):
        raise FactsError.of(
            f"工作簿解压后有 {unpacked // 2**20:,} MiB，未打开", f"the workbook unpacks to {unpacked // 2**20:,} MiB; not opened",
            place=Place(known_as), value=unpacked, rule="unpacked_size",
            remedy=Text("拆分成较小的工作簿，或改用 CSV、Parquet。", "Split it, or hand in CSV or Parquet."))


def _unreadable(known_as: str, words: str) -> FactsError:
    tail = f"（{words}）" if words else "", f" ({words})" if words else ""
    return FactsError(Fault(
        Text(f"不是可读的工作簿{tail[0]}", f"not a readable workbook{tail[1]}"), Place(known_as), rule="unreadable",
        remedy=Text("用 Excel 打开并另存为 .xlsx。", "Open it in Excel and save it as .xlsx.")))


def _records(path: Path, known_as: str) -> list[Cells]:
    """The records of a text file; its encoding and separator are found out."""
    raw = path.read_bytes()
    text = None
    for encoding in _ENCODINGS:
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if text is None or "\0" in text:
        raise FactsError.of("不是文本文件", "not a text file", place=Place(known_as), rule="unreadable",
                            remedy=Text("另存为 UTF-8 编码的 CSV。", "Save it as CSV in UTF-8."))
    head = text[:65_536].splitlines()[:HEAD_LINES]
    separator = max(",\t;|", key=lambda sign: max((line.count(sign) for line in head), default=0))
    csv.field_size_limit(_LARGEST_CELL)
    try:
        return list(csv.reader(text.splitlines(keepends=True), delimiter=separator))
    except csv.Error as wrong:
        raise FactsError.of(f"CSV 无法解析（{wrong}）", f"the CSV cannot be parsed ({wrong})", place=Place(known_as),
                            rule="unreadable", remedy=Text("检查引号是否成对。", "Check that quotes come in pairs.")) from wrong


HEAD_LINES = 40
"""Lines from which the separator of a text file is guessed."""
