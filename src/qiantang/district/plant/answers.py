"""What people answered to a plant's alarms and tasks, each at its place in the log, so that a replay hears it at the same moment."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from qiantang.district.plant.folder import Order


class Answers:
    """A file of answers, a line each, appended through to the disk before an answer is carried out; a torn last line is cut off
    at opening, for what it said was not carried out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._kept: list[tuple[int, Order]] = []
        whole = 0
        for line in path.read_bytes().splitlines(keepends=True) if path.exists() else ():
            if not line.endswith(b"\n"):
                break
            found = json.loads(line)
            self._kept.append((found.pop("place"), Order(**found)))
            whole += len(line)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.ftruncate(self._file, whole)

    def at(self, place: int) -> Iterator[Order]:
        """The answers that were carried out at a place in the log, in their order."""
        return (order for there, order in self._kept if there == place)

    def keep(self, place: int, order: Order) -> None:
        """Put an answer on the disk, at its place."""
        told = {"place": place, "order": order.order, "values": dict(order.values), "by": order.by, "at": order.at}
        os.write(self._file, json.dumps(told, ensure_ascii=False).encode() + b"\n")
        os.fdatasync(self._file)
        self._kept.append((place, order))

    def close(self) -> None:
        """Let the file go."""
        os.close(self._file)
