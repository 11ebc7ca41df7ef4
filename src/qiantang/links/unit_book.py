"""In which unit each signal is told: what the plant's workbook states, else the first that was told; what is in doubt, and what was confirmed.

Shared by all wires of a node. A unit that was seen first is on the disk before the sender is answered, so that a restart forgets none.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from qiantang.links.units import AS_IT_IS, Conversion, conversion, same_unit

How = Literal["converted", "learnt", "same"]
"""What is done with readings once a unit is confirmed: they are converted; taken as they are, and the charts learn anew; or only told
otherwise (no unit, another datatype) and taken as before."""
UNITS = "units.jsonl"
"""The file in a node's folder."""
UNSTATED = ("", "1")
"""What a workbook writes where it states no unit."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A signal is told in ``now`` and not in ``was``, or in another datatype (Sparkplug's numbers). ``base`` is what the workbook states, or
    what was told first; ``how`` is what confirming it comes to."""

    address: str
    what: Literal["unit", "datatype"]
    base: str
    was: str
    now: str
    datatype: int
    datatype_was: int
    how: How


@dataclass(frozen=True, slots=True)
class Meant:
    """What a unit that was told means: the doubt it is in, or how its values become those of the signal's own unit."""

    doubt: Doubt | None = None
    into: Conversion = AS_IT_IS


class UnitBook:
    """``stated`` is what the workbook says, by address; ``path`` where the units that were told first are kept, a line each.

    Wires ask it in their own thread, and a confirmation comes from another: ``version`` grows with each, and whoever remembers what a unit
    means asks again.
    """

    def __init__(self, path: Path | None = None, stated: Mapping[str, str] | None = None) -> None:
        self.version = 0
        self.doubts: dict[str, Doubt] = {}
        self._path = path
        self._stated = {address: unit for address, unit in (stated or {}).items() if unit.strip() not in UNSTATED}
        self._first: dict[str, tuple[int, str]] = {}
        self._confirmed: dict[str, list[Doubt]] = {}
        self._new: list[str] = []
        self._whole = 0
        """So many bytes of the file are whole lines."""
        self._read()

    def told(self, address: str, unit: str, datatype: int = 0) -> Meant:
        """A wire tells this of a signal; the first unit of one of which the workbook states none is the one to come back to."""
        first_datatype, first_unit = self._remembered(address, unit, datatype)
        base = self._stated.get(address, first_unit)
        reference, into = base, conversion(unit, base) if unit else AS_IT_IS
        fine = same_unit(unit, base) if unit else address in self._stated or not first_unit
        for one in self._confirmed.get(address, ()):
            if one.base != base:
                continue
            first_datatype = one.datatype
            if one.how == "learnt":
                reference, fine, into = one.now, same_unit(unit, one.now), conversion(unit, one.now)
            elif one.what == "unit" and same_unit(unit, one.now):
                fine = True
        if fine and datatype == first_datatype:
            self.doubts.pop(address, None)
            return Meant(into=into or AS_IT_IS)
        how: How = "same" if fine or not unit else "learnt" if into is None else "converted"
        doubt = Doubt(address, "datatype" if fine else "unit", base, reference, unit, datatype, first_datatype, how)
        self.doubts[address] = doubt
        return Meant(doubt)

    def confirm(self, doubt: Doubt) -> None:
        """Somebody says that what is in doubt is right. The same again changes nothing."""
        known = self._confirmed.get(doubt.address, [])
        if not known or known[-1] != doubt:
            self._confirmed[doubt.address] = [*known, doubt]
        self.doubts.pop(doubt.address, None)
        self.version += 1

    def settle(self) -> None:
        """Put what was told first on the disk; where that cannot be, a full disk, it is tried again the next time."""
        if not self._new or self._path is None:
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                file.truncate(self._whole)
                file.write("".join(self._new).encode())
                file.flush()
                os.fsync(file.fileno())
                self._whole = file.tell()
            self._new = []

    def first(self, address: str) -> tuple[int, str] | None:
        """Datatype and unit that were told first of a signal."""
        return self._first.get(address)

    def remember(self, address: str, unit: str, datatype: int) -> None:
        """What was told first before, by another record of it."""
        self._remembered(address, unit, datatype)

    def _remembered(self, address: str, unit: str, datatype: int) -> tuple[int, str]:
        known = self._first.get(address)
        if known is None or (known[1] == "" and unit):
            known = self._first[address] = (datatype if known is None else known[0], unit)
            if datatype or address not in self._stated:
                self._new.append(json.dumps([address, *known], ensure_ascii=False) + "\n")
        return known

    def _read(self) -> None:
        """What was kept; a line that was cut off by a kill is left out, and taken away with the next one."""
        for line in self._path.read_bytes().splitlines(keepends=True) if self._path is not None and self._path.exists() else ():
            if not line.endswith(b"\n"):
                break
            address, datatype, unit = json.loads(line)
            self._first[address] = (datatype, unit)
            self._whole += len(line)


def written(doubts: Sequence[Doubt]) -> str:
    """Doubts as text."""
    return json.dumps([asdict(one) for one in doubts], ensure_ascii=False)


def read(said: str) -> list[Doubt]:
    """The doubts that were written."""
    return [Doubt(**one) for one in json.loads(said)]
