"""Which column of which table a header of a workbook means, in which unit, and what it may have meant otherwise."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from qiantang.kernel.errors import Fault, Place
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.facts.schema import Column, Table
from qiantang.kernel.units import Unit, known_unit
from qiantang.kernel.words import Text

HEADER_ROWS = 25
"""How many rows from the top the header may stand in."""

ASIDES = frozenset(("说明", "填表说明", "填报说明", "readme", "notes", "代码", "codes"))
"""Sheets that explain a workbook and hold no facts."""

_MARKS = ("必填", "选填", "文本", "required", "optional", "text")
_LAST_BRACKET = re.compile(r"(.*)[(\[{<]([^()\[\]{}<>]*)[)\]}>]")
_YEAR = re.compile(r"(?:19|20)\d{2}")
_LEADING_YEAR = re.compile(r"((?:19|20)\d{2})年?度?(.+)")
_UNIT_NOTE = re.compile(r"(?:计量|金额)?单位[:：]\s*([^\s,，;；)）]+)")


@dataclass(frozen=True, slots=True)
class Headed:
    """A header of a sheet that gives a column, and the unit in which its figures stand."""

    position: int
    header: str
    column: Column
    unit: Unit | None = None
    """Unit named in the header or above it; None: the column's own."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A header that gives no column of the table: why, and what it may have meant."""

    position: int
    header: str
    why: Text
    suggestion: Text | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """How a sheet is laid out: its table, the row of its header (from 0), what it gives and what it does not."""

    table: Table
    header_row: int
    headed: tuple[Headed, ...]
    unread: tuple[Unread, ...] = ()
    year: int | None = None
    """The year of all rows, where the title says it and no column does."""
    faults: tuple[Fault, ...] = field(default=())

    @property
    def missing(self) -> tuple[Column, ...]:
        """Required columns that the sheet lacks: none of its rows can be accepted then."""
        given = {h.column.name for h in self.headed} | ({self.table.period} if self.year is not None else set())
        return tuple(c for c in self.table.columns if c.name not in given and (c.required or c.name in self.table.key))


@dataclass(frozen=True, slots=True)
class _Meant:
    """One header, read against one table."""

    column: Column | None
    exact: bool = False
    unit: Unit | None = None
    year: int | None = None
    misfit: Unit | None = None


def plain(header: object) -> str:
    """A header without blanks, stars and full-width signs; letters keep their size."""
    text = unicodedata.normalize("NFKC", "" if header is None else str(header))
    return re.sub(r"[\s*'\"“”‘’:_]+", "", text).replace("〔", "[").replace("〕", "]").replace("【", "[").replace("】", "]")


class Headers:
    """The headers under which a set of tables may come, looked up once for a whole intake."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = tuple(tables)
        self._names = {t.name: _names(t) for t in tables}

    def recognised(self, file: str, sheet: str, rows: Sequence[Sequence[object]]) -> Layout | None:
        """The layout of a sheet from its first rows and its name; None where it resembles no table.

        The header is the row that names most columns. A sheet fits a table by its key columns, by the columns it
        gives, and by its own or its file's name.
        """
        best: tuple[float, int, Table] | None = None
        written = [[plain(cell) for cell in row if isinstance(cell, str) and cell.strip()] for row in rows[:HEADER_ROWS]]
        for table in self.tables:
            named = _named(table, sheet, file)
            for number, row in enumerate(written):
                meant = [self._meaning(table, cell) for cell in row]
                given = {m.column.name for m in meant if m.column}
                if not given or (len(given) < 2 and not named and len(meant) > 1):
                    continue
                year = table.period in table.key and _title_year(file, sheet, rows[:number], meant) is not None
                keys = set(table.key) - given - ({table.period} if year else set())
                score = len(given) + named + (3 if not keys else 0)
                if best is None or score > best[0]:
                    best = (score, number, table)
        return None if best is None else self._laid_out(file, sheet, rows, best[1], best[2])

    def _laid_out(self, file: str, sheet: str, rows: Sequence[Sequence[object]], number: int, table: Table) -> Layout:
        note = _unit_note(rows[:number])
        cells = [(at, cell) for at, cell in enumerate(rows[number]) if cell is not None and plain(cell)]
        meanings = {at: self._meaning(table, plain(cell)) for at, cell in cells}
        headed: dict[str, Headed] = {}
        unread: list[Unread] = []
        faults: list[Fault] = []
        for at, cell in sorted(cells, key=lambda c: not meanings[c[0]].exact):
            meant, header = meanings[at], str(cell).strip()
            if meant.column is None:
                unread.append(self._unknown(at, header, table))
            elif meant.misfit is not None:
                unread.append(Unread(at, header, Text("单位不符，未读", "the unit does not fit; not read"), meant.column.title))
                faults.append(_misfit(Place(file, sheet, number + 1, header), meant.misfit, meant.column))
            elif meant.column.name in headed:
                first = headed[meant.column.name].header
                unread.append(Unread(at, header, Text(f"与“{first}”同为{meant.column.title.zh}，未读",
                                                      f"the same fact as '{first}' ({meant.column.title.en}); not read")))
            else:
                headed[meant.column.name] = Headed(at, header, meant.column, meant.unit or _noted(note, meant.column))
        year = None
        if table.period is not None and table.period not in headed:
            year = _title_year(file, sheet, rows[:number], list(meanings.values()))
        return Layout(table, number, tuple(sorted(headed.values(), key=lambda h: h.position)),
                      tuple(sorted(unread, key=lambda u: u.position)), year, tuple(faults))

    def _unknown(self, at: int, header: str, table: Table) -> Unread:
        for other in self.tables:
            if other is not table:
                meant = self._meaning(other, plain(header))
                if meant.exact:
                    return Unread(at, header, Text(f"属于表“{other.title.zh}”，此处未读",
                                                   f"belongs to the table '{other.title.en}'; not read here"))
        near = self.nearest(table, header)
        return Unread(at, header, Text("未知列，未读", "unknown column; not read"), near.title if near else None)

    def nearest(self, table: Table, header: str) -> Column | None:
        """The column whose name is most like the header, where one is."""
        names = self._names[table.name]
        base = plain(header).lower()
        cut = _LAST_BRACKET.fullmatch(base)
        for written in (base, cut[1] if cut else ""):
            found = difflib.get_close_matches(written, names, n=1, cutoff=0.6) if written else []
            if found:
                return names[found[0]]
        return None

    def _meaning(self, table: Table, header: str) -> _Meant:
        found = self._names[table.name].get(header.lower())
        if found is not None:
            return _Meant(found, exact=header.lower() in _own_names(found))
        cut = _LAST_BRACKET.fullmatch(header)
        if cut:
            return self._bracketed(self._meaning(table, cut[1]), cut[2])
        for sign in ("/", ",", ";"):
            head, _, tail = header.rpartition(sign)
            unit = _unit_of(tail) if head else None
            if unit is not None:
                base = self._meaning(table, head)
                if base.column is not None and base.column.kind is Kind.NUMBER:
                    return _in_unit(base, unit)
        led = _LEADING_YEAR.fullmatch(header)
        return replace(self._meaning(table, led[2]), year=int(led[1])) if led else _Meant(None)

    @staticmethod
    def _bracketed(base: _Meant, inner: str) -> _Meant:
        """A header with something in brackets behind it: a unit, a year, or a remark that changes the meaning."""
        if base.column is None:
            return base
        unit = _unit_of(inner)
        if unit is not None and base.column.kind is Kind.NUMBER:
            return _in_unit(base, unit)
        if _YEAR.fullmatch(inner.removesuffix("度").removesuffix("年")):
            return replace(base, year=int(inner[:4]))
        return base if inner in _MARKS else _Meant(None)


def _own_names(column: Column) -> tuple[str, ...]:
    return tuple(plain(name).lower() for name in (column.name, column.title.zh, column.title.en))


def _names(table: Table) -> dict[str, Column]:
    """Every name a column goes by; titles come before aliases, and the first column that bears a name keeps it."""
    found: dict[str, Column] = {}
    for column in table.columns:
        for name in _own_names(column):
            found.setdefault(name, column)
    for column in table.columns:
        for name in column.aliases:
            found.setdefault(plain(name).lower(), column)
    return found


def _in_unit(base: _Meant, unit: Unit) -> _Meant:
    fits = base.column is not None and unit.measure() == base.column.unit.measure()
    return replace(base, unit=unit) if fits else replace(base, misfit=unit)


def _noted(note: Unit | None, column: Column) -> Unit | None:
    """The unit that a line above the header gives to every column of its measure."""
    fits = note is not None and column.kind is Kind.NUMBER and column.unit.atoms and note.measure() == column.unit.measure()
    return note if fits else None


def _misfit(place: Place, given: Unit, column: Column) -> Fault:
    own = column.unit.title
    return Fault(
        Text(f"单位“{given.title.zh}”不能换算为“{own.zh}”，该列未读",
             f"unit '{given.title.en}' does not convert to '{own.en}'; the column was not read"),
        place, place.column, "unit", Text(f"改为以{own.zh}计。", f"Give it in {own.en}."))


def _named(table: Table, sheet: str, file: str) -> float:
    """How far the sheet's and the file's name speak for the table."""
    names = [plain(n).lower() for n in (table.name, table.title.zh, table.title.en, *table.aliases)]
    own, whole = plain(sheet).lower(), plain(file.rsplit("/", 1)[-1].rsplit(".", 1)[0]).lower()
    score = 0.0
    if own in names:
        score += 4
    elif any(n in own for n in names):
        score += 1.5
    if whole in names:
        score += 2
    elif any(n in whole for n in names):
        score += 1
    return score


def _title_year(file: str, sheet: str, above: Sequence[Sequence[object]], meant: Sequence[_Meant]) -> int | None:
    """The one year that headers, sheet name, title rows or file name speak of; the nearest source decides."""
    titles = " ".join(str(c) for row in above for c in row if isinstance(c, str))
    for years in ({m.year for m in meant if m.year}, *({int(y) for y in _YEAR.findall(t)} for t in (sheet, titles, file))):
        if years:
            return years.pop() if len(years) == 1 else None
    return None


def _unit_note(above: Sequence[Sequence[object]]) -> Unit | None:
    for row in above:
        for cell in row:
            found = _UNIT_NOTE.search(unicodedata.normalize("NFKC", cell)) if isinstance(cell, str) else None
            if found:
                return _unit_of(found[1])
    return None


def _unit_of(written: str) -> Unit | None:
    bare = written.removeprefix("单位").removeprefix("in")
    return known_unit(bare) or known_unit(bare.lower())
