"""What people answered to a plant's alarms and tasks, each at its place in the log, so that a replay hears it at the same moment.

An answer is on the disk before it is carried out, and known again when it is handed in a second time: a node killed in between neither
loses it nor carries it out twice. What the node itself knew of it at that moment is kept with it, in values whose names begin with
an underscore.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qiantang.district.plant.folder import Order

ANSWERS = "answers.jsonl"
"""The file in a node's folder."""


@dataclass(slots=True)
class Kept:
    """Answers in the order in which they were carried out, and the place in the log of each."""

    places: list[int] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)

    def between(self, start: int, upto: int) -> Sequence[Order]:
        """The answers that were carried out after one place in the log and up to another."""
        return self.orders[bisect_right(self.places, start):bisect_right(self.places, upto)]


def read_answers(path: Path) -> tuple[Kept, int]:
    """The answers of a file, and the bytes that are whole lines: what a torn last line said was not carried out."""
    kept, whole = Kept(), 0
    for line in path.read_bytes().splitlines(keepends=True) if path.exists() else ():
        if not line.endswith(b"\n"):
            break
        found = json.loads(line)
        kept.places.append(found.pop("place"))
        kept.orders.append(Order(**found))
        whole += len(line)
    return kept, whole


class Answers:
    """A file of answers, a line each, appended through to the disk before an answer is carried out; a torn last line is cut off
    at opening. Where the log, which ends at ``end``, lost the places of some, these are carried out at its end."""

    def __init__(self, path: Path, end: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._kept, whole = read_answers(path)
        self._known = {_as_given(order) for order in self._kept.orders}
        if self._kept.places and self._kept.places[-1] > end:
            self._kept.places = [min(place, end) for place in self._kept.places]
            whole = _rewritten(path, self._kept)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.ftruncate(self._file, whole)

    def between(self, start: int, upto: int) -> Sequence[Order]:
        """The answers that were carried out after one place in the log and up to another, in their order."""
        return self._kept.between(start, upto)

    def every(self) -> Sequence[Order]:
        """All answers, in their order."""
        return tuple(self._kept.orders)

    def knows(self, order: Order) -> bool:
        """Whether this very answer (what, by whom, when) was kept before."""
        return _as_given(order) in self._known

    def keep(self, place: int, order: Order) -> None:
        """Put an answer on the disk, at its place, which is none before the last."""
        os.write(self._file, _line(place, order))
        os.fdatasync(self._file)
        self._kept.places.append(place)
        self._kept.orders.append(order)
        self._known.add(_as_given(order))

    def close(self) -> None:
        """Let the file go."""
        os.close(self._file)


def _line(place: int, order: Order) -> bytes:
    told = {"place": place, "order": order.order, "values": dict(order.values), "by": order.by, "at": order.at}
    return json.dumps(told, ensure_ascii=False).encode() + b"\n"


def _rewritten(path: Path, kept: Kept) -> int:
    """The file anew, whole or not at all; gives its length."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        for place, order in zip(kept.places, kept.orders, strict=True):
            file.write(_line(place, order))
        file.flush()
        os.fsync(file.fileno())
        whole = file.tell()
    part.replace(path)
    return whole


def _as_given(order: Order) -> str:
    """An answer as it was handed in, without what the node added."""
    return json.dumps([order.order, {k: v for k, v in order.values.items() if not k.startswith("_")}, order.by, order.at], sort_keys=True)
