"""Every piece event that was acknowledged, durable before it is, each operation once; searched from a piece back and from a batch forward.

One SQLite file in a plant's folder. The node writes it, pages read it. ``place`` is the end of the log of readings at the moment of
writing, so that figures count an event at the same place whenever the log is read again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from qiantang.kernel.pieces import PieceEvent, Result

_SCHEMA = """
CREATE TABLE IF NOT EXISTS operations (
  number INTEGER PRIMARY KEY, place INTEGER NOT NULL, piece TEXT NOT NULL, step TEXT NOT NULL, asset TEXT NOT NULL, tool TEXT NOT NULL,
  operator TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, materials TEXT NOT NULL, result TEXT NOT NULL, reason TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS operations_once ON operations (piece, step, asset, since);
CREATE INDEX IF NOT EXISTS operations_asset ON operations (asset, since);
CREATE INDEX IF NOT EXISTS operations_tool ON operations (tool, since) WHERE tool <> '';
CREATE INDEX IF NOT EXISTS operations_operator ON operations (operator, since) WHERE operator <> '';
CREATE TABLE IF NOT EXISTS uses (made TEXT NOT NULL, used TEXT NOT NULL, PRIMARY KEY (made, used)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS uses_back ON uses (used, made);
"""
_COLUMNS = "piece, step, since, until, asset, tool, operator, materials, result, reason"
_FINAL = "SELECT thing FROM reached WHERE NOT EXISTS (SELECT 1 FROM uses WHERE used = thing) ORDER BY thing"


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of events handed over: how many are new, how many were on record as they are, and those of an operation that is on
    record otherwise (the first telling stays)."""

    new: int
    repeated: int
    otherwise: tuple[PieceEvent, ...]


class PieceRecord:
    """The record of a plant. ``asks_only`` opens it to be read, beside the node that writes it."""

    def __init__(self, path: Path, *, asks_only: bool = False) -> None:
        self.path = path
        if asks_only:
            self._db = self._asked = _to_read(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)
            # Whoever asks beside the writer sees what is committed, and nothing else.
            self._asked = _to_read(path)
        self.newest = self._one("SELECT coalesce(max(number), 0) FROM operations")
        """The number of the last operation on record; they are numbered in the order in which they came."""

    def keep(self, events: Sequence[PieceEvent], place: int) -> Kept:
        """Put events on the disk, all or none; sqlite3.Error where that cannot be."""
        new = repeated = 0
        otherwise: list[PieceEvent] = []
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for event in events:
                values = (event.piece, event.step, event.since, event.until, event.asset, event.tool, event.operator,
                          json.dumps(event.materials, ensure_ascii=False), event.result, event.reason)
                done = self._db.execute(f"INSERT OR IGNORE INTO operations (place, {_COLUMNS}) VALUES (?{', ?' * len(values)})", (place, *values))
                if done.rowcount:
                    new += 1
                    self._db.executemany("INSERT OR IGNORE INTO uses VALUES (?, ?)", [(event.piece, used) for used in event.materials])
                elif self._same(event):
                    repeated += 1
                else:
                    otherwise.append(event)
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self.newest = self._one("SELECT coalesce(max(number), 0) FROM operations")
        return Kept(new, repeated, tuple(otherwise))

    def after(self, number: int, upto_place: int) -> Iterator[tuple[int, PieceEvent]]:
        """Operations after a number, put on record up to a place in the log, with their numbers."""
        for row in self._asked.execute(f"SELECT number, {_COLUMNS} FROM operations WHERE number > ? AND place <= ? ORDER BY number", (number, upto_place)):
            yield row[0], _event(row[1:])

    def close(self) -> None:
        """Let the file go."""
        self._asked.close()
        self._db.close()

    # --- searching ---

    def origin(self, thing: str) -> tuple[tuple[PieceEvent, ...], tuple[str, ...]]:
        """From a thing back: the operations of everything in it, earliest first, and the things used, by name."""
        inside = "WITH RECURSIVE reached (thing) AS (VALUES (?) UNION SELECT used FROM uses JOIN reached ON made = thing)"
        rows = self._all(f"{inside} SELECT {_COLUMNS} FROM operations WHERE piece IN (SELECT thing FROM reached) ORDER BY since, number", (thing,))
        used = self._all(f"{inside} SELECT thing FROM reached WHERE thing <> ? ORDER BY thing", (thing, thing))
        return tuple(map(_event, rows)), tuple(row[0] for row in used)

    def latest(self, most: int) -> tuple[PieceEvent, ...]:
        """The latest operations that were put on record, the newest first, one of each piece."""
        rows = self._all(f"SELECT {_COLUMNS} FROM operations WHERE number IN (SELECT max(number) FROM (SELECT number, piece FROM operations "
                         "ORDER BY number DESC LIMIT ?) GROUP BY piece) ORDER BY number DESC LIMIT ?", (20 * most, most))
        return tuple(_event(row) for row in rows)

    def pieces(self, thing: str) -> tuple[str, ...]:
        """From a thing forward to the pieces: what it went into and that goes into nothing itself; nothing for one that is not known."""
        known = "SELECT ? WHERE EXISTS (SELECT 1 FROM operations WHERE piece = ?) OR EXISTS (SELECT 1 FROM uses WHERE used = ?)"
        return self._reached(known, (thing, thing, thing))

    def pieces_by(self, *, asset: str = "", tool: str = "", operator: str = "", since: int | None = None, until: int | None = None) -> tuple[str, ...]:
        """All pieces with an operation on this machine or cavity, with this tool, by this operator, that ran in the span."""
        asked = [("asset = ?", asset or None), ("tool = ?", tool or None), ("operator = ?", operator or None), ("until >= ?", since), ("since <= ?", until)]
        wanted = [(clause, value) for clause, value in asked if value is not None]
        where = " AND ".join(clause for clause, _ in wanted) or "TRUE"
        return self._reached(f"SELECT piece FROM operations WHERE {where}", tuple(value for _, value in wanted))

    # --- how ---

    def _reached(self, start: str, values: tuple[Any, ...]) -> tuple[str, ...]:
        forward = f"WITH RECURSIVE reached (thing) AS ({start} UNION SELECT made FROM uses JOIN reached ON used = thing)"
        return tuple(row[0] for row in self._all(f"{forward} {_FINAL}", values))

    def _same(self, event: PieceEvent) -> bool:
        rows = self._all(f"SELECT {_COLUMNS} FROM operations WHERE piece = ? AND step = ? AND asset = ? AND since = ?",
                         (event.piece, event.step, event.asset, event.since))
        return bool(rows) and _event(rows[0]) == event

    def _all(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with closing(self._db.execute(query, values)) as found:
            return found.fetchall()

    def _one(self, query: str) -> int:
        return int(self._all(query)[0][0])


def _to_read(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)


def _event(row: Sequence[Any]) -> PieceEvent:
    piece, step, since, until, asset, tool, operator, materials, result, reason = row
    return PieceEvent(piece, step, since, until, asset, tool, operator, tuple(json.loads(materials)), cast("Result", result), reason)
