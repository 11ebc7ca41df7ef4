"""What became of everything that was handed in: read, accepted, quarantined, not understood, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

from qiantang.kernel.errors import Fault
from qiantang.kernel.facts.headers import Unread
from qiantang.kernel.words import Text

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"


@dataclass(frozen=True, slots=True)
class Given:
    """A header that was understood: the column it gives, and the unit its figures were read in."""

    header: str
    column: str
    unit: Text


@dataclass(frozen=True, slots=True)
class SheetIntake:
    """One sheet: ``accepted + quarantined == read``, always.

    ``faults`` are about the sheet or a column of it; ``cells`` the first quarantined cells of ``cells_total`` (all of
    them are in the quarantine file); ``rounded`` counts cells with more decimals than their column keeps.
    """

    file: str
    sheet: str
    table: str | None
    header_row: int | None
    read: int
    accepted: int
    quarantined: int
    given: tuple[Given, ...] = ()
    unread: tuple[Unread, ...] = ()
    faults: tuple[Fault, ...] = ()
    cells: tuple[Fault, ...] = ()
    cells_total: int = 0
    by_rule: Mapping[str, int] = field(default_factory=dict)
    rounded: int = 0
    added: bool = False
    """Whether the sheet told anything new, so that a vintage was added."""


@dataclass(frozen=True, slots=True)
class FileIntake:
    """One file: its sheets, or why it could not be opened, or why it was left aside."""

    file: str
    sheets: tuple[SheetIntake, ...] = ()
    fault: Fault | None = None
    left_aside: Text | None = None

    @property
    def read(self) -> int:
        """Rows read."""
        return sum(s.read for s in self.sheets)

    @property
    def accepted(self) -> int:
        """Rows accepted."""
        return sum(s.accepted for s in self.sheets)

    @property
    def quarantined(self) -> int:
        """Rows kept out."""
        return sum(s.quarantined for s in self.sheets)


@dataclass(frozen=True, slots=True)
class IntakeReport:
    """A whole folder. ``warnings`` keep no row out: strangers among the references, registers that are empty."""

    known_at: date
    files: tuple[FileIntake, ...]
    warnings: tuple[Fault, ...] = ()
    quarantine: str = ""
    """The file with every quarantined cell; empty where there is none."""

    @property
    def read(self) -> int:
        """Rows read in all files."""
        return sum(f.read for f in self.files)

    @property
    def accepted(self) -> int:
        """Rows accepted in all files."""
        return sum(f.accepted for f in self.files)

    @property
    def quarantined(self) -> int:
        """Rows kept out in all files."""
        return sum(f.quarantined for f in self.files)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Everything that is wrong, in the order of files and sheets; quarantined cells as far as they are shown."""
        found: list[Fault] = []
        for file in self.files:
            if file.fault is not None:
                found.append(file.fault)
            for sheet in file.sheets:
                found += [*sheet.faults, *sheet.cells]
        return tuple(found)

    def to_json(self) -> dict[str, Json]:
        """The report as plain values, each text in both languages."""
        return {
            "known_at": self.known_at.isoformat(), "read": self.read, "accepted": self.accepted,
            "quarantined": self.quarantined, "quarantine": self.quarantine,
            "files": [_file(f) for f in self.files], "warnings": [_fault(w) for w in self.warnings],
        }


def _text(text: Text) -> dict[str, Json]:
    return {"zh": text.zh, "en": text.en}


def _fault(fault: Fault) -> dict[str, Json]:
    place = fault.place
    return {
        "file": place.file, "sheet": place.sheet, "row": place.row, "column": place.column,
        "value": None if fault.value is None else str(fault.value), "rule": fault.rule,
        "message": _text(fault.message), "remedy": _text(fault.remedy),
    }


def _file(file: FileIntake) -> dict[str, Json]:
    return {
        "file": file.file, "read": file.read, "accepted": file.accepted, "quarantined": file.quarantined,
        "fault": None if file.fault is None else _fault(file.fault),
        "left_aside": None if file.left_aside is None else _text(file.left_aside),
        "sheets": [_sheet(s) for s in file.sheets],
    }


def _sheet(sheet: SheetIntake) -> dict[str, Json]:
    by_rule: dict[str, Json] = dict(sheet.by_rule)
    return {
        "sheet": sheet.sheet, "table": sheet.table, "header_row": sheet.header_row, "read": sheet.read,
        "accepted": sheet.accepted, "quarantined": sheet.quarantined, "added": sheet.added,
        "given": [{"header": g.header, "column": g.column, "unit": _text(g.unit)} for g in sheet.given],
        "unread": [{"header": u.header, "why": _text(u.why),
                    "suggestion": None if u.suggestion is None else _text(u.suggestion)} for u in sheet.unread],
        "faults": [_fault(f) for f in sheet.faults], "cells": [_fault(c) for c in sheet.cells],
        "cells_total": sheet.cells_total, "by_rule": by_rule, "rounded": sheet.rounded,
    }
