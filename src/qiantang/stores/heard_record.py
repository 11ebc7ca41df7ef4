"""What plants published, as a district keeps it: the newest row of each plant and day, and what was put aside, with why.

One SQLite file in the district's hidden folder, written by several workers side by side. Everything may come twice and in any order.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from qiantang.kernel.words import Text

_SCHEMA = """
CREATE TABLE IF NOT EXISTS plants (
  plant TEXT PRIMARY KEY, uscc TEXT NOT NULL, heard_at INTEGER NOT NULL, online INTEGER NOT NULL DEFAULT 0, unwritten INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS figures (
  plant TEXT NOT NULL, day TEXT NOT NULL, number INTEGER NOT NULL, told TEXT NOT NULL, PRIMARY KEY (plant, day)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS aside (
  id INTEGER PRIMARY KEY, plant TEXT NOT NULL, what TEXT NOT NULL, key TEXT NOT NULL, payload BLOB NOT NULL, why_zh TEXT NOT NULL, why_en TEXT NOT NULL,
  first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, times INTEGER NOT NULL, UNIQUE (plant, what, key));
"""
_WAIT_S = 60
_MOST_ASIDE = 10_000

What = Literal["new", "newer", "repeated"]


@dataclass(frozen=True, slots=True)
class HeardPlant:
    """A plant that was heard: its enterprise, when last (microseconds UTC), whether it is connected, and how many days are kept of it."""

    plant: str
    uscc: str
    heard_at: int
    online: bool
    days: int


@dataclass(frozen=True, slots=True)
class Aside:
    """A message that was put aside: whose it says it is, what it is, why it is not kept, and how often it came."""

    id: int
    plant: str
    what: str
    payload: bytes
    why: Text
    last_at: int
    times: int


class HeardRecord:
    """The record of a district."""

    def __init__(self, path: Path, most_aside: int = _MOST_ASIDE) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._most_aside = most_aside
        self._db = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    # --- plants ---

    def enterprise(self, plant: str) -> str | None:
        """The enterprise a plant is kept under; None for one of which nothing is kept."""
        found = self._db.execute("SELECT uscc FROM plants WHERE plant = ?", (plant,)).fetchone()
        return None if found is None else str(found[0])

    def heard(self, plant: str, uscc: str, at: int) -> None:
        """Something is kept of a plant, under the enterprise it was first kept under."""
        self._db.execute("INSERT INTO plants (plant, uscc, heard_at, online) VALUES (?, ?, ?, 1) "
                         "ON CONFLICT (plant) DO UPDATE SET heard_at = max(heard_at, excluded.heard_at)", (plant, uscc, at))

    def stands(self, plant: str, online: bool) -> None:
        """Whether a plant is connected; of one of which nothing is kept it is not remembered."""
        self._db.execute("UPDATE plants SET online = ? WHERE plant = ?", (int(online), plant))

    def plants(self) -> list[HeardPlant]:
        """Every plant of which something is kept."""
        asked = "SELECT plant, uscc, heard_at, online, (SELECT count(*) FROM figures AS f WHERE f.plant = p.plant) FROM plants AS p ORDER BY plant"
        return [HeardPlant(plant, uscc, at, bool(online), days) for plant, uscc, at, online, days in self._db.execute(asked)]

    def count_plants(self) -> int:
        """Of how many plants something is kept."""
        return int(self._db.execute("SELECT count(*) FROM plants").fetchone()[0])

    # --- figures ---

    def keep(self, plant: str, uscc: str, day: str, number: int, row: Mapping[str, Any], at: int) -> What:
        """Keep a plant's row of a day, where no message of a greater number told it already; all of it or nothing is on the disk."""
        told = json.dumps(row, ensure_ascii=False, sort_keys=True)
        with self._writing():
            found = self._db.execute("SELECT number, told FROM figures WHERE plant = ? AND day = ?", (plant, day)).fetchone()
            self.heard(plant, uscc, at)
            if found is not None and (found[0] >= number or found[1] == told):
                return "repeated"
            self._db.execute("INSERT OR REPLACE INTO figures VALUES (?, ?, ?, ?)", (plant, day, number, told))
            self._db.execute("UPDATE plants SET unwritten = 1 WHERE plant = ?", (plant,))
        return "new" if found is None else "newer"

    def rows(self, plant: str) -> list[dict[str, Any]]:
        """All rows of a plant, oldest first."""
        return [dict(json.loads(told)) for told, in self._db.execute("SELECT told FROM figures WHERE plant = ? ORDER BY day", (plant,))]

    def hand_out(self, write: Callable[[str, Sequence[Mapping[str, Any]]], object]) -> int:
        """Have the rows of each plant that changed written, by one worker at a time; how many plants that were."""
        changed = [plant for plant, in self._db.execute("SELECT plant FROM plants WHERE unwritten")]
        done = 0
        for plant in changed:
            with self._writing():
                if self._db.execute("UPDATE plants SET unwritten = 0 WHERE plant = ? AND unwritten", (plant,)).rowcount:
                    write(plant, self.rows(plant))
                    done += 1
        return done

    # --- what is put aside ---

    def put_aside(self, plant: str, what: str, key: str, payload: bytes, why: Text, at: int) -> bool:
        """Keep a message that cannot be used, the newest of each key; False where there is no room for another."""
        with self._writing():
            again = self._db.execute("UPDATE aside SET times = times + 1, last_at = ?, payload = ?, why_zh = ?, why_en = ? "
                                     "WHERE plant = ? AND what = ? AND key = ?", (at, payload, why.zh, why.en, plant, what, key))
            if again.rowcount:
                return True
            if self.count_aside() >= self._most_aside:
                return False
            self._db.execute("INSERT INTO aside (plant, what, key, payload, why_zh, why_en, first_at, last_at, times) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
                             (plant, what, key, payload, why.zh, why.en, at, at))
        return True

    def aside(self) -> list[Aside]:
        """All that is put aside, as it came."""
        asked = "SELECT id, plant, what, payload, why_zh, why_en, last_at, times FROM aside ORDER BY id"
        return [Aside(id, plant, what, bytes(payload), Text(zh, en), at, times) for id, plant, what, payload, zh, en, at, times in self._db.execute(asked)]

    def count_aside(self) -> int:
        """How many messages are put aside."""
        return int(self._db.execute("SELECT count(*) FROM aside").fetchone()[0])

    def taken_up(self, id: int) -> None:
        """A message that was put aside is kept after all."""
        self._db.execute("DELETE FROM aside WHERE id = ?", (id,))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        else:
            self._db.execute("COMMIT")
