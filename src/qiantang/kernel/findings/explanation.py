"""An explanation: one subject's outcome under one rulebook, down to clause, formula, parameter, fact and source row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from decimal import Decimal

from qiantang.kernel.errors import Place
from qiantang.kernel.periods import Span
from qiantang.kernel.rulebooks.rulebook import Role
from qiantang.kernel.sources import Source, Status
from qiantang.kernel.words import Lang, Text, same


@dataclass(frozen=True, slots=True)
class Origin:
    """The cell a fact was read from, and the day it became known."""

    table: Text
    column: Text
    file: str = ""
    sheet: str = ""
    row: int | None = None
    known_at: date | None = None
    former: str = ""
    """The key that the subject bore there, where it was another one."""

    def said(self, lang: Lang) -> str:
        """File, sheet, row and column in one line; the table where no file is known."""
        where = Place(self.file or self.table.said(lang), self.sheet, self.row, self.column.said(lang)).said(lang)
        asides = []
        if self.former:
            asides.append(f"原代码 {self.former}" if lang == "zh" else f"under the former code {self.former}")
        if self.known_at is not None:
            asides.append(f"{self.known_at} 起知悉" if lang == "zh" else f"known since {self.known_at}")
        if not asides:
            return where
        return f"{where}（{'，'.join(asides)}）" if lang == "zh" else f"{where} ({', '.join(asides)})"


@dataclass(frozen=True, slots=True)
class Told:
    """A value: exact in its unit (numbers as decimal text, days as ISO text), and as a person reads it."""

    value: str | bool | None
    unit: Text
    said: Text


@dataclass(frozen=True, slots=True)
class FactTold:
    """A fact that a criterion looked at: its cells of origin, or how it was made from other facts."""

    name: str
    title: Text
    value: Told
    origins: tuple[Origin, ...] = ()
    made: Text = field(default_factory=lambda: same(""))


@dataclass(frozen=True, slots=True)
class ParameterTold:
    """A number of the law that a criterion rests on, with the days it holds and where it stands."""

    path: str
    title: Text
    value: Text
    unit: Text
    since: date | None
    until: date | None
    source: Source
    status: Status
    admissible: Text = field(default_factory=lambda: same(""))


@dataclass(frozen=True, slots=True)
class Part:
    """A criterion's value, points or test: what came out, and its formula in words and with the subject's numbers."""

    value: Told
    words: Text
    numbers: Text


@dataclass(frozen=True, slots=True)
class CriterionTold:
    """One criterion for one subject. ``unknown`` says why a part of it could not be told; ``applies`` is false where
    the rulebook gives this subject no value at all (an indicator of another list)."""

    id: str
    title: Text
    role: Role
    clause: str
    note: Text
    value: Part | None
    points: Part | None
    met: Part | None
    parameters: tuple[ParameterTold, ...]
    facts: tuple[FactTold, ...]
    unknown: tuple[Text, ...]
    applies: bool


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one criterion adds to the score."""

    criterion: str
    title: Text
    points: Told


@dataclass(frozen=True, slots=True)
class Standing:
    """The subject's place, of how many, in which pool."""

    place: int
    of: int | None
    pool: Told | None


@dataclass(frozen=True, slots=True)
class Decision:
    """The criterion the outcome is due to, and the sentence that says how."""

    criterion: str
    title: Text
    clause: str
    why: Text


@dataclass(frozen=True, slots=True)
class NotFirm:
    """Something the finding rests on that no published text in force says; ``path`` is empty for the whole rulebook."""

    path: str
    title: Text
    status: Status
    said: Text


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why this subject got this outcome.

    ``valid`` are the days the rulebook holds and ``law_day`` the day it was read on. ``status`` is the rulebook's own,
    ``weakest`` the least trustworthy among it and all parameters read. ``applies`` is None where it is unknown whether
    the rule applies at all.
    """

    subject: str
    rulebook: str
    title: Text
    version: str
    law_day: date
    valid: Span
    source: Source
    status: Status
    weakest: Status
    outcome: str | None
    outcome_title: Text
    decided_by: Decision | None
    score: Told | None
    score_parts: tuple[Contribution, ...]
    standing: Standing | None
    applies: bool | None
    unknown: tuple[Text, ...]
    criteria: tuple[CriterionTold, ...]
    not_firm: tuple[NotFirm, ...]

    def to_json(self, lang: Lang | None = None) -> dict[str, object]:
        """The tree as plain dictionaries; every text in one language, or as ``{"zh": …, "en": …}``."""
        return {f.name: _plain(getattr(self, f.name), lang) for f in fields(self)}


def _plain(value: object, lang: Lang | None) -> object:
    if isinstance(value, Text):
        return {"zh": value.zh, "en": value.en} if lang is None else value.said(lang)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, tuple | list):
        return [_plain(v, lang) for v in value]
    if isinstance(value, Mapping):
        return {str(k): _plain(v, lang) for k, v in value.items()}
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name), lang) for f in fields(value)}
    return str(value) if isinstance(value, Role | Status) else value
