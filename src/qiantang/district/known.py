"""The facts of a workspace as known on a day: every vintage of every table, as relations for an engine."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from qiantang.kernel.expressions.dialects import Dialect
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.walking import facts_of
from qiantang.kernel.facts.dossier import Derived, Dossier, Gathered
from qiantang.kernel.facts.schema import Table
from qiantang.kernel.facts.succession import Succeeds, carried_over, successions
from qiantang.kernel.facts.vintages import SEQUENCE, Vintage, known, only_vintage
from qiantang.kernel.findings.explanation import Origin
from qiantang.kernel.ports import Engine
from qiantang.registers import REGISTERS

_SUCCESSIONS: tuple[tuple[Table, Succeeds], ...] = tuple((t, t.succeeds) for t in REGISTERS if t.succeeds is not None)


class KnownFacts:
    """Vintages under ``folder/<table>/*.parquet`` as known on a day; a table without any is empty.

    Rows under a key that somebody bore before are that somebody's, as far as the registers tell of the succession.
    """

    def __init__(self, folder: Path, known_at: date, snapshots: Path) -> None:
        self.folder = folder
        self.known_at = known_at
        self.snapshots = snapshots

    def files(self, table: Table) -> list[Path]:
        """The table's vintages known by the day, oldest first."""
        named = [(Vintage.named(p.stem), p) for p in (self.folder / table.name).glob("*.parquet")]
        return [p for v, p in sorted((v, p) for v, p in named if v is not None and v.known_at <= self.known_at)]

    def digest(self, tables: tuple[Table, ...]) -> str:
        """Names the edition of the facts: it changes as soon as one more vintage is known."""
        told = [s for s, succeeds in _SUCCESSIONS if s not in tables and any(_naming(t, succeeds) for t in tables)]
        names = [f"{t.name}/{p.name}" for t in (*tables, *told) for p in self.files(t)]
        return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]

    def relation(self, engine: Engine, table: Table) -> str:
        """The table with one row a key, each column at the value known last; made once for each edition."""
        files = self.files(table)
        d = engine.dialect
        if not files:
            columns = ", ".join(f"{d.null(c.type)} AS {d.quoted(c.name)}" for c in table.columns)
            return f"(SELECT {columns} WHERE FALSE)"
        snapshot = self.snapshots / f"{table.name}-{self.digest((table,))}.parquet"
        if not snapshot.is_file():
            source = engine.parquet(files)
            given = engine.columns(source)
            carried = self._carried(engine, table, source, given)
            alone = carried is None and len(files) == 1
            select = only_vintage(table, source, d, given) if alone else known(table, carried or source, d, self.known_at, given)
            for old in self.snapshots.glob(f"{table.name}-*.parquet"):
                old.unlink()
            engine.write(f"SELECT * FROM {select} AS _k", snapshot)
        return engine.parquet([snapshot])

    def _carried(self, engine: Engine, table: Table, source: str, given: list[str]) -> str | None:
        """The table's rows with former keys replaced; None where nobody it could name bore another key before."""
        for told, succeeds in _SUCCESSIONS:
            columns = [name for name in _naming(table, succeeds) if name in given]
            if columns and told is not table and self.files(told):
                found = successions(succeeds, self.relation(engine, told), engine.dialect, self.known_at)
                return carried_over(source, given, columns, SEQUENCE, found, engine.dialect)
        return None

    def former(self, engine: Engine, subject: str) -> list[str]:
        """The keys that a subject bore before."""
        d = engine.dialect
        return [str(row["former"]) for told, succeeds in _SUCCESSIONS if self.files(told) for row in engine.rows(
            f"SELECT former FROM {successions(succeeds, self.relation(engine, told), d, self.known_at)} AS s "
            f"WHERE now = {d.string(subject)} ORDER BY former")]

    def origins(self, engine: Engine, dossier: Dossier, facts: Iterable[str], subject: str, year: int) -> dict[str, list[Origin]]:
        """The cells behind facts of the dossier, through gathering and deriving; each table is looked through once."""
        sought = {fact: list(dict.fromkeys(_cells_of(dossier, fact, year))) for fact in facts}
        found = self._cells(engine, {cell for cells in sought.values() for cell in cells}, subject)
        return {fact: [origin for cell in cells for origin in found[cell]] for fact, cells in sought.items()}

    def _cells(self, engine: Engine, sought: Collection[_Cell], subject: str) -> dict[_Cell, list[Origin]]:
        """For each column sought the cells it was read from, newest first; several where it was gathered from rows."""
        found: dict[_Cell, list[Origin]] = {cell: [] for cell in sought}
        groups: dict[tuple[str, str, int | None], list[_Cell]] = {}
        former = self.former(engine, subject)
        for cell in sought:
            groups.setdefault((cell.table.name, cell.match, cell.year), []).append(cell)
        for cells in groups.values():
            table, match, year = cells[0].table, cells[0].match, cells[0].year
            files = self.files(table)
            if not files:
                continue
            d = engine.dialect
            source = engine.parquet(files)
            given = set(engine.columns(source))
            asked = [cell for cell in cells if cell.column in given]
            named = ", ".join(d.string(s) for s in (subject, *former))
            tests = [f"{d.quoted(match)} IN ({named})", f"{d.quoted('_known_at')} <= {d.day(self.known_at)}"]
            if year is not None and table.period is not None:
                tests.append(f"{d.quoted(table.period)} = {d.whole(year)}")
            told = ", ".join(f"{d.quoted(cell.column)} IS NOT NULL AS {d.quoted(f'_has_{n}')}" for n, cell in enumerate(asked))
            if not told:
                continue
            own = f"CASE WHEN {d.quoted(match)} = {d.string(subject)} THEN 0 ELSE 1 END"
            rows = engine.rows(f"SELECT {', '.join(d.quoted(k) for k in table.key)}, {d.quoted(match)} AS _borne, {told}, {_provenance(d)} "
                               f"FROM {source} WHERE {' AND '.join(tests)} ORDER BY {own}, {d.quoted(SEQUENCE)} DESC")
            for n, cell in enumerate(asked):
                newest: dict[tuple[Stored, ...], Origin] = {}
                for row in rows:
                    if row[f"_has_{n}"]:
                        key = tuple(subject if row[k] in former else row[k] for k in table.key)
                        newest.setdefault(key, _origin(table, cell.column, row, subject))
                found[cell] = list(newest.values())
        return found


@dataclass(frozen=True, slots=True)
class _Cell:
    """A column of a table to be found by a matching column, of one year or any."""

    table: Table
    column: str
    match: str
    year: int | None

    def __hash__(self) -> int:
        return hash((self.table.name, self.column, self.match, self.year))


def _cells_of(dossier: Dossier, fact: str, year: int) -> Iterator[_Cell]:
    """The columns of tables that a fact of the dossier comes from."""
    origin = dossier.origin(fact)
    if isinstance(origin, tuple):
        table, column = origin
        yield _Cell(table, column, table.subject, year)
    elif isinstance(origin, Gathered):
        back = None if origin.back is None else year - origin.back
        yield _Cell(origin.table, _looked_at(origin), origin.matched_on, back)
    elif isinstance(origin, Derived):
        for inner in facts_of(origin.expr):
            yield from _cells_of(dossier, inner.column.name, year)


def _naming(table: Table, succeeds: Succeeds) -> tuple[str, ...]:
    """The columns of a table that name a subject whose key may change."""
    return tuple(c.name for c in table.columns if c.refers_to == succeeds.of or (table.name == succeeds.of and c.name == table.subject))


def _origin(table: Table, column: str, row: Mapping[str, Stored], subject: str) -> Origin:
    known_at, number = row["_known_at"], row["_row"]
    assert isinstance(known_at, date)
    # A corrected value stands in no sheet: what it rests on is named instead of a file.
    in_sheet = isinstance(number, int) and number > 0
    return Origin(table.title, table.column(column).title, str(row["_file"]), str(row["_sheet"] or "") if in_sheet else "",
                  number if in_sheet and isinstance(number, int) else None, known_at,
                  str(row["_borne"]) if row["_borne"] != subject else "")


def _looked_at(gathered: Gathered) -> str:
    """The column of the gathered rows that a reader is shown: what is summed, else what names the row."""
    if gathered.of is not None:
        found = facts_of(gathered.of)
        if found:
            return found[-1].column.name
    return gathered.table.key[0]


def _provenance(d: Dialect) -> str:
    return ", ".join(d.quoted(c) for c in ("_file", "_sheet", "_row", "_known_at"))
