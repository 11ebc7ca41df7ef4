"""Made-up subjects for differential tests: columns of every kind, and rows that go to the edges of what is admitted."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.nodes import Fact
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.facts import schema as s
from qiantang.kernel.facts.schema import Column

LAW_DATE = date(2024, 2, 29)
BATCHES, ROWS = 12, 200

COLUMNS: tuple[Column, ...] = (
    s.code("uscc", "编号", "code", required=True),
    s.money("tax", "税金", "tax"),
    s.money("profit", "利润", "profit", low=None),
    s.quantity("assets", "资产", "assets", "万元", scale=2, low="-10000000000000000", high="10000000000000000"),
    s.area("land", "用地", "land"),
    s.area("rented", "租用", "rented", low="-100000"),
    s.count("staff", "人数", "staff", "人"),
    s.count("patents", "专利", "patents", "件", required=True, high="50"),
    s.ratio("rate", "比率", "rate"),
    s.ratio("growth", "增幅", "growth", low="-1", high="10", scale=4),
    s.flag("veto", "否决", "veto"),
    s.flag("listed", "上市", "listed", required=True),
    s.code("pool", "组别", "pool"),
    s.code("class", "上年等级", "class"),
    s.day("since", "起", "since"),
    s.day("until", "止", "until", required=True),
)
FACTS: dict[str, Fact] = {c.name: Fact.of(c) for c in COLUMNS}
SQL_TYPES = {Kind.NUMBER: "BIGINT", Kind.FLAG: "BOOLEAN", Kind.CODE: "VARCHAR", Kind.DAY: "DATE"}

Row = dict[str, Stored]


@dataclass(frozen=True)
class Batch:
    """The rows of one differential comparison."""

    number: int
    rows: Sequence[Row]


def table(name: str = "subjects") -> str:
    """The statement that makes the table all batches lie in."""
    columns = ", ".join(f'"{c.name}" {SQL_TYPES[c.kind]}' for c in COLUMNS)
    return f"CREATE TABLE {name} (batch INTEGER, {columns})"


def literals(batch: Batch) -> str:
    """The rows of a batch as they stand after VALUES."""
    def written(value: Stored) -> str:
        if isinstance(value, bool) or value is None:
            return {True: "TRUE", False: "FALSE", None: "NULL"}[value]
        return str(value) if isinstance(value, int) else f"'{value}'"

    return ",\n".join(f"({batch.number}, {', '.join(written(row[c.name]) for c in COLUMNS)})" for row in batch.rows)


@cache
def batches() -> tuple[Batch, ...]:
    """Batches that differ in how much is missing, how much ties, and how far the figures go; the last is empty."""
    found = []
    for number in range(BATCHES):
        draw = random.Random(number)
        missing = (0.0, 0.1, 0.4)[number % 3]
        reach = ("small", "edges", "any", "mixed")[number % 4]
        size = {BATCHES - 1: 0, BATCHES - 2: 1}.get(number, ROWS)
        found.append(Batch(number, [_row(draw, i, missing, reach) for i in range(size)]))
    return tuple(found)


def _row(draw: random.Random, number: int, missing: float, reach: str) -> Row:
    def value(column: Column) -> Stored:
        if column.name == "uscc":
            return f"{number:05d}"
        if not column.required and draw.random() < missing:
            return None
        return _value(draw, column, reach if reach != "mixed" else draw.choice(("small", "edges", "any")))

    return {c.name: value(c) for c in COLUMNS}


def _value(draw: random.Random, column: Column, reach: str) -> Stored:
    if column.kind is Kind.FLAG:
        return draw.random() < 0.4
    if column.kind is Kind.CODE:
        return draw.choice("aab" if reach == "small" else "aAbé企")
    if column.kind is Kind.DAY:
        near = LAW_DATE + timedelta(days=draw.choice((-1461, -366, -365, -60, -1, 1, 366)))
        return draw.choice((near, LAW_DATE)) if reach == "small" else draw.choice((near, date(1, 1, 1), date(9999, 12, 31)))
    kind = column.type
    if reach == "small":
        return min(kind.high, max(kind.low, draw.choice((-2, -1, 0, 0, 1, 2, 5, 10**kind.scale, 3 * 10**kind.scale // 2))))
    if reach == "edges":
        return draw.choice((kind.low, kind.low + 1, max(0, kind.low), 1, kind.high - 1, kind.high))
    return draw.randint(kind.low, kind.high)
