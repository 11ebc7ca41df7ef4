"""The facts of a workspace as known on a day: every vintage of every table, as relations for an engine."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.nodes import facts_of
from qiantang.kernel.expressions.sql import Dialect
from qiantang.kernel.facts.dossier import Asked, Derived, Dossier, Gathered
from qiantang.kernel.facts.schema import Table
from qiantang.kernel.facts.vintages import SEQUENCE, Vintage, known, only_vintage
from qiantang.kernel.findings.explanation import Origin
from qiantang.kernel.ports import Engine


class KnownFacts:
    """Vintages under ``folder/<table>/*.parquet`` as known on a day; a table without any is empty."""

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
        names = [f"{t.name}/{p.name}" for t in tables for p in self.files(t)]
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
            select = only_vintage(table, source, d, given) if len(files) == 1 else known(table, source, d, self.known_at, given)
            for old in self.snapshots.glob(f"{table.name}-*.parquet"):
                old.unlink()
            engine.write(f"SELECT * FROM {select} AS _k", snapshot)
        return engine.parquet([snapshot])

    def cells(self, engine: Engine, table: Table, column: str, subject: str, match: str = "", year: int | None = None) -> list[Origin]:
        """The cells that a fact of a subject was read from, newest first; several where it was gathered from rows."""
        files = self.files(table)
        if not files:
            return []
        d = engine.dialect
        source = engine.parquet(files)
        if column not in engine.columns(source):
            return []
        tests = [f"{d.quoted(match or table.subject)} = {d.string(subject)}", f"{d.quoted(column)} IS NOT NULL",
                 f"{d.quoted('_known_at')} <= {d.day(self.known_at)}"]
        if year is not None and table.period is not None:
            tests.append(f"{d.quoted(table.period)} = {d.whole(year)}")
        rows = engine.rows(f"SELECT {', '.join(d.quoted(k) for k in table.key)}, "
                           f"{_provenance(d)} FROM {source} WHERE {' AND '.join(tests)} ORDER BY {d.quoted(SEQUENCE)} DESC")
        newest: dict[tuple[Stored, ...], Origin] = {}
        for row in rows:
            known_at = row["_known_at"]
            assert isinstance(known_at, date)
            number = row["_row"]
            # A corrected value stands in no sheet: what it rests on is named instead of a file.
            in_sheet = isinstance(number, int) and number > 0
            cell = Origin(table.title, table.column(column).title, str(row["_file"]), str(row["_sheet"] or "") if in_sheet else "",
                          number if in_sheet and isinstance(number, int) else None, known_at)
            newest.setdefault(tuple(row[k] for k in table.key), cell)
        return list(newest.values())

    def origins(self, engine: Engine, dossier: Dossier, fact: str, subject: str, year: int) -> list[Origin]:
        """The cells behind a fact of the dossier, through gathering and deriving."""
        origin = dossier.origin(fact)
        if isinstance(origin, tuple):
            table, column = origin
            return self.cells(engine, table, column, subject, year=year)
        if isinstance(origin, Gathered):
            back = None if origin.back is None else year - origin.back
            column = _looked_at(origin)
            return self.cells(engine, origin.table, column, subject, origin.matched_on, back)
        if isinstance(origin, Derived):
            return [cell for f in facts_of(origin.expr) for cell in self.origins(engine, dossier, f.column.name, subject, year)]
        assert isinstance(origin, Asked)
        return []


def _looked_at(gathered: Gathered) -> str:
    """The column of the gathered rows that a reader is shown: what is summed, else what names the row."""
    if gathered.of is not None:
        found = facts_of(gathered.of)
        if found:
            return found[-1].column.name
    return gathered.table.key[0]


def _provenance(d: Dialect) -> str:
    return ", ".join(d.quoted(c) for c in ("_file", "_sheet", "_row", "_known_at"))
