"""A workbook handed in by the browser: looked at before anything opens it, kept whole, what it replaces kept beside."""

from __future__ import annotations

import hashlib
import io
import os
import re
import zipfile
import zlib

from qiantang.district.workspace import Workspace
from qiantang.kernel.errors import FactsError, Place
from qiantang.kernel.words import Text

TAKEN = (".xlsx", ".xls", ".xlsm", ".ods", ".csv", ".parquet")
_MOST_UNPACKED = 600 * 1024 * 1024
_MOST_RATIO = 250
_MOST_PARTS = 5000
_PIECE = 1 << 18
_ENCRYPTED = 1
_UNFIT = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]")


def receive(workspace: Workspace, name: str, content: bytes) -> str:
    """Put a workbook into the district's folder; the name it has there.

    FactsError for what is no workbook, is empty, or would unpack to more than a department's figures. A file of the
    same name is replaced, and the one before is kept under the hash of its content.
    """
    plain = _UNFIT.sub("_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(". ")[:120]
    place = Place(name)
    if not plain or not plain.lower().endswith(TAKEN):
        raise FactsError.of(f"不接收这类文件：{name}", f"no such kind of file is taken: {name}", place=place, value=name,
                            remedy=Text("请交来 " + "、".join(TAKEN), "Hand in one of " + ", ".join(TAKEN)))
    if not content:
        raise FactsError.of("文件是空的", "the file is empty", place=place, remedy=Text("请检查后重新交来。", "Look at it and hand it in again."))
    _refuse_bomb(content, plain, place)
    target = workspace.folder / plain
    if target.is_file():
        before = target.read_bytes()
        if before == content:
            return plain
        kept = workspace.hidden / "replaced" / f"{hashlib.sha256(before).hexdigest()[:16]}-{plain}"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(before)
    part = workspace.hidden / f".receiving-{os.getpid()}-{hashlib.sha256(content).hexdigest()[:12]}"
    part.parent.mkdir(parents=True, exist_ok=True)
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)
    return plain


def _refuse_bomb(content: bytes, name: str, place: Place) -> None:
    if not name.lower().endswith((".xlsx", ".xlsm", ".ods")):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as broken:
        raise FactsError.of("这不是工作簿，或已损坏", "this is no workbook, or it is damaged", place=place,
                            remedy=Text("请用 Excel 打开并另存后再交来。", "Open it in Excel, save it anew and hand that in.")) from broken
    unpacked = sum(p.file_size for p in parts)
    if len(parts) > _MOST_PARTS or unpacked > _MOST_UNPACKED or unpacked > _MOST_RATIO * max(1, len(content)):
        size = unpacked // 1024 // 1024
        raise FactsError.of(f"解开后过大（{size} MB），未予接收", f"it would unpack to too much ({size} MB) and was not taken", place=place, value=size,
                            remedy=Text("请删去空白的行列与图片，或分成几个文件。", "Remove empty rows, columns and pictures, or hand in several files."))
    if any(not _says_true(content, part) for part in parts):
        raise FactsError.of("工作簿内部所写大小与实际不符，未予接收", "the workbook holds more than it says of itself, and was not taken", place=place,
                            remedy=Text("请用 Excel 打开并另存后再交来。", "Open it in Excel, save it anew and hand that in."))


def _says_true(content: bytes, part: zipfile.ZipInfo) -> bool:
    """Whether a part unpacks to as many bytes as it says: one that says less would unpack without end elsewhere.

    It is unpacked piece by piece and thrown away, and no further than it says.
    """
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or part.flag_bits & _ENCRYPTED:
        return False
    names = content[part.header_offset + 26:part.header_offset + 30]
    if len(names) < 4:
        return False
    start = part.header_offset + 30 + int.from_bytes(names[:2], "little") + int.from_bytes(names[2:], "little")
    packed = memoryview(content)[start:start + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        return part.compress_size == part.file_size
    unpacking, got = zlib.decompressobj(-15), 0
    try:
        for at in range(0, len(packed), _PIECE):
            waiting: bytes | memoryview = packed[at:at + _PIECE]
            while waiting and not unpacking.eof:
                got += len(unpacking.decompress(waiting, _PIECE))
                if got > part.file_size:
                    return False
                waiting = unpacking.unconsumed_tail
    except zlib.error:
        return False
    return unpacking.eof and got == part.file_size
