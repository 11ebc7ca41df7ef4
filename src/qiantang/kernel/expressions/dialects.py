"""The SQL dialects: what DuckDB, PostgreSQL and Spark each read in their own way, down to a literal and a quotient."""

from __future__ import annotations

from datetime import date

from qiantang.kernel.expressions.types import Kind, Type

BIG = 2**63 - 1
"""The largest whole number of 64 bits."""


class Dialect:
    """The SQL that all three engines read alike; subclasses override what they read differently."""

    name = "ansi"
    big = "BIGINT"
    wide = "DECIMAL(38,0)"

    def quoted(self, identifier: str) -> str:
        """A name of a column or table."""
        return '"' + identifier.replace('"', '""') + '"'

    def whole(self, value: int) -> str:
        """A whole number with its type said."""
        return f"CAST({value} AS {self.big if abs(value) <= BIG else self.wide})"

    def string(self, value: str) -> str:
        """A text literal."""
        return "'" + value.replace("'", "''") + "'"

    def day(self, value: date) -> str:
        """A day literal."""
        return f"DATE '{value.isoformat()}'"

    def truth(self, value: bool) -> str:
        """A flag literal."""
        return "TRUE" if value else "FALSE"

    def quotient(self, above: str, below: str, wide: bool, most: int) -> str:
        """``above / below`` cut off towards zero, both whole, ``below`` not 0, ``above`` not negative where wide."""
        raise NotImplementedError

    def total(self, figure: str) -> str:
        """The start of a sum over a window or group that cannot overflow."""
        return f"sum({figure})"

    def days(self, first: str, last: str) -> str:
        """Whole days from the first day to the last."""
        raise NotImplementedError

    def year(self, of: str) -> str:
        """The year of a day as a whole number."""
        return f"CAST(EXTRACT(YEAR FROM {of}) AS {self.big})"

    def null(self, kind: Type) -> str:
        """Unknown, with its type said."""
        names = {Kind.NUMBER: self.big, Kind.FLAG: "BOOLEAN", Kind.DAY: "DATE"}
        return f"CAST(NULL AS {names.get(kind.kind, self.text)})"

    def ordered(self, written: str, kind: Type) -> str:
        """An expression to sort by: texts by code point."""
        return written

    text = "VARCHAR"


class DuckDB(Dialect):
    """DuckDB: ``//`` is exact on whole numbers of either width, but costs fifty times as much on HUGEINT."""

    name = "duckdb"
    wide = "HUGEINT"

    def quotient(self, above: str, below: str, wide: bool, most: int) -> str:
        return f"(({above}) // ({below}))"

    def days(self, first: str, last: str) -> str:
        return f"CAST(date_diff('day', {first}, {last}) AS BIGINT)"


class PostgreSQL(Dialect):
    """PostgreSQL: integer ``/`` cuts off towards zero; wide integers are NUMERIC with exact ``div``."""

    name = "postgres"
    wide = "NUMERIC"
    text = "TEXT"

    def quotient(self, above: str, below: str, wide: bool, most: int) -> str:
        return f"div({above}, {below})" if wide else f"(({above}) / ({below}))"

    def days(self, first: str, last: str) -> str:
        return f"CAST({last} - {first} AS BIGINT)"

    def ordered(self, written: str, kind: Type) -> str:
        return f'{written} COLLATE "C"' if kind.kind in (Kind.CODE, Kind.TEXT) else written


class Spark(Dialect):
    """Spark SQL: ``div`` is exact integer division; names stand in backticks."""

    name = "spark"
    text = "STRING"

    def quoted(self, identifier: str) -> str:
        return "`" + identifier.replace("`", "``") + "`"

    def string(self, value: str) -> str:
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def quotient(self, above: str, below: str, wide: bool, most: int) -> str:
        # ``div`` gives BIGINT whatever it divides; a whole decimal quotient keeps 32 digits before its point.
        if wide and most > BIG:
            return f"CAST((({above}) - ({above}) % ({below})) / ({below}) AS {self.wide})"
        return f"(({above}) div ({below}))"

    def total(self, figure: str) -> str:
        return f"sum(CAST({figure} AS {self.wide}))"

    def days(self, first: str, last: str) -> str:
        return f"CAST(datediff({last}, {first}) AS BIGINT)"


DIALECTS: dict[str, Dialect] = {d.name: d for d in (DuckDB(), PostgreSQL(), Spark())}
