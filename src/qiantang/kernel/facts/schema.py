"""Columns and tables: what a fact is called, in which unit it is kept, and what it may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from qiantang.kernel.errors import FactsError
from qiantang.kernel.expressions.columns import Column as Column  # noqa: PLC0414 # tables are told together with their columns
from qiantang.kernel.expressions.nodes import Expr, Fact
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.facts.succession import Succeeds
from qiantang.kernel.units import unit
from qiantang.kernel.words import Text, same


def _number(name: str, zh: str, en: str, written: str, scale: int, low: str | None, high: str, **more: object) -> Column:
    return Column(name, Kind.NUMBER, Text(zh, en), unit(written), scale,
                  None if low is None else Decimal(low), Decimal(high), **more)  # type: ignore[arg-type] # named fields


def money(name: str, zh: str, en: str, *, low: str | None = "0", **more: object) -> Column:
    """Money in 万元, kept in fen; at most 100 billion yuan. ``low=None`` admits losses."""
    return _number(name, zh, en, "万元", 6, "-10000000" if low is None else low, "10000000", **more)


def area(name: str, zh: str, en: str, *, low: str = "0", **more: object) -> Column:
    """Land in 亩, kept to 0.0001 mu."""
    return _number(name, zh, en, "亩", 4, low, "100000", **more)


def quantity(name: str, zh: str, en: str, written: str, *, scale: int = 4, low: str = "0", high: str = "100000000",
             **more: object) -> Column:
    """A measured quantity in any unit."""
    return _number(name, zh, en, written, scale, low, high, **more)


def count(name: str, zh: str, en: str, written: str, *, high: str = "1000000", **more: object) -> Column:
    """A whole number of persons, pieces or times."""
    return _number(name, zh, en, written, 0, "0", high, **more)


def ratio(name: str, zh: str, en: str, *, low: str = "0", high: str = "1", scale: int = 6, **more: object) -> Column:
    """A plain fraction: 0.0302 is 3.02 %."""
    return _number(name, zh, en, "", scale, low, high, **more)


def year(name: str = "year", zh: str = "年度", en: str = "year", *, low: str = "1990", **more: object) -> Column:
    """A calendar year."""
    return _number(name, zh, en, "年", 0, low, "2100", **more)


def flag(name: str, zh: str, en: str, **more: object) -> Column:
    """Yes, no, or unknown."""
    return Column(name, Kind.FLAG, Text(zh, en), **more)  # type: ignore[arg-type] # named fields of Column


def day(name: str, zh: str, en: str, **more: object) -> Column:
    """A calendar day."""
    return Column(name, Kind.DAY, Text(zh, en), **more)  # type: ignore[arg-type] # named fields of Column


def text(name: str, zh: str, en: str, **more: object) -> Column:
    """Free text."""
    return Column(name, Kind.TEXT, Text(zh, en), **more)  # type: ignore[arg-type] # named fields of Column


def code(name: str, zh: str, en: str, choices: tuple[tuple[str, Text], ...] = (), **more: object) -> Column:
    """One of a list of codes, or an identifier."""
    return Column(name, Kind.CODE, Text(zh, en), choices=choices, **more)  # type: ignore[arg-type] # named fields


@dataclass(frozen=True, slots=True)
class Check:
    """A rule over one row that the door applies: the row stays out where ``holds`` is false (not where unknown)."""

    id: str
    holds: Expr
    message: Text
    remedy: Text
    column: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of facts. ``key`` names a row among all rows known at one time; ``subject`` the column whose value
    names whom the row is about; ``period`` the year column, where the row is about one year."""

    name: str
    title: Text
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    subject: str
    period: str | None = None
    checks: tuple[Check, ...] = ()
    aliases: tuple[str, ...] = ()
    note: Text = field(default_factory=lambda: same(""))
    succeeds: Succeeds | None = None
    """What the table tells of subjects of another that go on under a new key."""

    def __post_init__(self) -> None:
        names = [c.name for c in self.columns]
        wrong = {n for n in names if names.count(n) > 1} | ({*self.key, self.subject} - set(names))
        if wrong:
            raise FactsError.of(f"表 {self.name} 的列有误：{sorted(wrong)}", f"table {self.name}: bad columns {sorted(wrong)}")

    def column(self, name: str) -> Column:
        """The column of that name; FactsError otherwise."""
        for found in self.columns:
            if found.name == name:
                return found
        raise FactsError.of(f"表 {self.name} 没有列 {name}", f"table {self.name} has no column {name}", value=name)

    def fact(self, name: str) -> Expr:
        """The column as an expression, for checks and gathered facts."""

        return Fact.of(self.column(name))


PROVENANCE = ("_file", "_sheet", "_row", "_known_at")
"""Columns the door adds to every accepted row: source file, sheet, row number there, and the day it became known."""

Value = int | bool | str | date | None
"""A stored value: numbers as scaled integers."""
