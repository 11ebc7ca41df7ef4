"""The directory of signals on the disk: a signal's number, once given, is the same after every restart."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path

from qiantang.kernel.errors import Fault, Place, QiantangError
from qiantang.kernel.readings import Directory
from qiantang.kernel.words import Text


class SignalDirectory(Directory):
    """A directory that appends every new address to a file, a line each: checksum, address as JSON.

    ``commit`` puts new addresses on the disk; call it before readings that bear their numbers are committed. A last line
    that a crash tore is cut off (no reading bears its number); QiantangError where an earlier line is damaged, for then no
    number after it could be trusted.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        addresses, whole = _read(path)
        super().__init__(addresses)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.ftruncate(self._file, whole)
        self._size = whole
        self._durable = len(self.addresses)

    def commit(self) -> int:
        """Put the new addresses on the disk; how many there were. An OSError leaves the file as it was."""
        upto = len(self.addresses)
        new = self.addresses[self._durable:upto]
        if not new:
            return 0
        data = b"".join(_line(address) for address in new)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._file, view):]
            os.fdatasync(self._file)
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)
        self._durable = upto
        return len(new)

    def close(self) -> None:
        """Let the file go."""
        os.close(self._file)


def _line(address: str) -> bytes:
    told = json.dumps(address, ensure_ascii=False).encode()
    return b"%08x %s\n" % (zlib.crc32(told), told)


def _read(path: Path) -> tuple[list[str], int]:
    """The addresses of a file, and how many of its bytes are whole lines."""
    if not path.exists():
        return [], 0
    addresses: list[str] = []
    whole = 0
    lines = path.read_bytes().splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        summed, _, told = line.rstrip(b"\n").partition(b" ")
        if not line.endswith(b"\n") or summed != b"%08x" % zlib.crc32(told):
            if number == len(lines):
                break
            raise QiantangError(Fault(
                Text("信号目录损坏。", "the directory of signals is damaged."), Place(str(path), row=number), line.decode(errors="replace"),
                "directory-whole", Text("请由备份恢复该文件；其后的编号不可信。", "Restore the file from a copy; no number after this line can be trusted.")))
        addresses.append(json.loads(told))
        whole += len(line)
    return addresses, whole
