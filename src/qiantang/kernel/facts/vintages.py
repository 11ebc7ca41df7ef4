"""What was known of a table on a day: column by column the value that became known last."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from qiantang.kernel.expressions.dialects import Dialect
from qiantang.kernel.facts.schema import PROVENANCE, Table

SEQUENCE = "_seq"
"""Orders vintages: by the day they became known, then by the order in which they came in."""

_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})-(\d{6})-([0-9a-f]{8})-([0-9a-f]{16})")
_PLACES = 1_000_000

_LATEST = {
    "duckdb": "arg_max({value}, {order}) FILTER (WHERE {value} IS NOT NULL)",
    "postgres": "(array_agg({value} ORDER BY {order} DESC) FILTER (WHERE {value} IS NOT NULL))[1]",
    "spark": "max_by({value}, {order}) FILTER (WHERE {value} IS NOT NULL)",
}


@dataclass(frozen=True, slots=True, order=True)
class Vintage:
    """A file of rows that became known together: the day, its place among all, where it came from, what it says."""

    known_at: date
    number: int
    source: str
    digest: str

    @property
    def sequence(self) -> int:
        """The place of its rows among all rows ever known."""
        return self.known_at.toordinal() * _PLACES + self.number

    @property
    def name(self) -> str:
        """The name of its file, without the ending."""
        return f"{self.known_at}-{self.number:06d}-{self.source}-{self.digest}"

    @classmethod
    def named(cls, name: str) -> Vintage | None:
        """The vintage that a file's name tells of; None for other files."""
        found = _NAME.fullmatch(name)
        return cls(date.fromisoformat(found[1]), int(found[2]), found[3], found[4]) if found else None


def known(table: Table, relation: str, dialect: Dialect, known_at: date, given: Collection[str]) -> str:
    """A sub-select with one row a key: each column's last value known by that day, and the last row's provenance.

    Departments fill different columns of one row in different files, so the last value of each column counts, not the
    last row. ``given`` are the columns that the relation has; the others are unknown.
    """
    d = dialect
    order = d.quoted(SEQUENCE)
    parts = [d.quoted(k) for k in table.key]
    for column in table.columns:
        if column.name in table.key:
            continue
        name = d.quoted(column.name)
        latest = _LATEST[d.name].format(value=name, order=order) if column.name in given else d.null(column.type)
        parts.append(f"{latest} AS {name}")
    parts += [f"{_LATEST[d.name].format(value=d.quoted(p), order=order)} AS {d.quoted(p)}" for p in PROVENANCE]
    return (f"(SELECT {', '.join(parts)} FROM {relation} WHERE {d.quoted('_known_at')} <= {d.day(known_at)} "
            f"GROUP BY {', '.join(d.quoted(k) for k in table.key)})")


def only_vintage(table: Table, relation: str, dialect: Dialect, given: Collection[str]) -> str:
    """The same where a single vintage is known, in which every key stands once: the rows as they are."""
    d = dialect
    parts = [d.quoted(c.name) if c.name in given else f"{d.null(c.type)} AS {d.quoted(c.name)}" for c in table.columns]
    return f"(SELECT {', '.join(parts + [d.quoted(p) for p in PROVENANCE])} FROM {relation})"
