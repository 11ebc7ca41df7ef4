"""What the door asks of every row: the checks a table's schema implies, as expressions that print in every dialect."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from qiantang.kernel.expressions.dialects import Dialect
from qiantang.kernel.expressions.nodes import Fact, among, constant, is_known
from qiantang.kernel.expressions.plan import compile_plan
from qiantang.kernel.expressions.sql import Printer
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.expressions.walking import facts_of
from qiantang.kernel.facts.schema import Check, Column, Table, count
from qiantang.kernel.words import Text, joined, same

ROW = count("source_row", "来源行", "source row", "", high="1000000000", required=True)
"""The row of its sheet that a row of facts came from."""


def cell_checks(column: Column) -> tuple[Check, ...]:
    """Presence, bounds and list of codes. The expressions stand on a column without bounds: they are the bounds."""
    fact = Fact.of(replace(column, low=None, high=None, required=False))
    found: list[Check] = []
    if column.required:
        found.append(Check(f"{column.name} required", is_known(fact), Text("缺少必填值", "a required value is missing"),
                           Text("填写该值。", "Enter the value."), column.name))
    if column.kind is Kind.NUMBER:
        remedy = _closed(column.note) or Text("核对数值与单位。", "Check the figure and its unit.")
        if column.low is not None:
            found.append(Check(f"{column.name} low", fact >= constant(column.low, column.unit),
                               Text("{value} 低于下限 ", "{value} is below ") + _bound(column, column.low), remedy, column.name))
        if column.high is not None:
            found.append(Check(f"{column.name} high", fact <= constant(column.high, column.unit),
                               Text("{value} 高于上限 ", "{value} is above ") + _bound(column, column.high), remedy, column.name))
    if column.choices:
        listed = joined([title for _, title in column.choices])
        found.append(Check(f"{column.name} choice", among(fact, [code for code, _ in column.choices]),
                           Text("“{value}”不在代码表中", "'{value}' is not in the list"),
                           Text("可填：", "One of: ") + listed + Text("。", "."), column.name))
    return tuple(found)


def row_checks(table: Table, given: Collection[str]) -> tuple[Check, ...]:
    """The table's checks over several columns, as far as these columns are given."""
    return tuple(c for c in table.checks if all(f.column.name in given for f in facts_of(c.holds)))


def printed(checks: Sequence[Check], dialect: Dialect, source: str, law_date: date) -> str:
    """A SELECT over typed rows: the source row and, for each check, whether it holds (unknown where it cannot say)."""
    plan = compile_plan({c.id: c.holds for c in checks}, carry=[Fact.of(ROW)])
    return Printer(dialect, plan, law_date).select(source)


def _bound(column: Column, bound: Decimal) -> Text:
    """A bound with its unit; nothing is nothing in any unit."""
    if not bound:
        return same("0")
    unit = column.unit.title
    return Text(f"{bound:,f} {unit.zh}".rstrip(), f"{bound:,f} {unit.en}".rstrip())


def _closed(note: Text) -> Text | None:
    """A column's note as a sentence of advice."""
    if not note.zh:
        return None
    return Text(note.zh.rstrip("。") + "。", note.en[:1].upper() + note.en[1:].rstrip(".") + ".")
