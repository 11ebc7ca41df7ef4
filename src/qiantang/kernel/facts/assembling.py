"""Writes the SELECT that puts a dossier together from accepted tables, in any dialect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from qiantang.kernel.errors import FactsError
from qiantang.kernel.expressions.dialects import Dialect
from qiantang.kernel.expressions.nodes import Expr, Fact
from qiantang.kernel.expressions.plan import Plan, compile_plan
from qiantang.kernel.expressions.sql import Printer
from qiantang.kernel.expressions.walking import walk
from qiantang.kernel.facts.dossier import Dossier, Gathered


@dataclass(frozen=True, slots=True)
class Where:
    """Where tables and published findings are found by an engine: a name or a sub-select for each."""

    tables: Mapping[str, str]
    findings: Mapping[str, str]
    """Published name to a relation with the columns subject and value."""


_EMPTY = Plan((), (), (), {}, {}, {}, ())


class _Over(Printer):
    """Prints row-wise expressions over a table alias."""

    def __init__(self, dialect: Dialect, law_date: date, alias: str) -> None:
        super().__init__(dialect, _EMPTY, law_date)
        self.alias = alias

    def column(self, node: Expr) -> str | None:
        return None

    def of(self, node: Expr) -> str:
        if isinstance(node, Fact):
            return f"{self.alias}.{self.d.quoted(node.column.name)}"
        return super().of(node)


def assembled(dossier: Dossier, where: Where, dialect: Dialect, law_date: date, year: int | None,
              only: frozenset[str] | None = None, subject: str | None = None) -> str:
    """The dossier as a SELECT with one row a subject for that year; ``only`` limits it to the facts named.

    ``subject`` limits it to one subject. Facts that are not asked for are not gathered, so no table is read for them.
    """
    d = dialect
    wanted = {c.name for c in dossier.columns} if only is None else set(only)
    wanted.add(dossier.subject)
    for entry in dossier.derived:
        if entry.column.name in wanted:
            wanted |= {n.column.name for n in walk(entry.expr) if isinstance(n, Fact)}
    base = [f"b.{d.quoted(c.name)}" for c in dossier.base.columns if c.name in wanted]
    joins: list[str] = []
    for number, (table, names) in enumerate(dossier.masters):
        taken = [n for n in names if n in wanted]
        if taken:
            base += [f"m{number}.{d.quoted(n)}" for n in taken]
            joins.append(f"LEFT JOIN {_place(where.tables, table.name)} AS m{number} ON m{number}."
                         f"{d.quoted(table.subject)} = b.{d.quoted(dossier.subject)}")
    groups: dict[tuple[object, ...], list[Gathered]] = {}
    for g in dossier.gathered:
        if g.column.name in wanted:
            groups.setdefault((g.table.name, g.matched_on, None if g.year is None else id(g.year), g.back), []).append(g)
    for number, group in enumerate(groups.values()):
        alias = f"g{number}"
        joins.append(f"LEFT JOIN ({_gather(group, where, d, law_date, year, subject)}) AS {alias} "
                     f"ON {alias}.k = b.{d.quoted(dossier.subject)}")
        base += [f"{_filled(g, alias, d)} AS {d.quoted(g.column.name)}" for g in group]
    for number, asked in enumerate(a for a in dossier.asked if a.column.name in wanted):
        alias = f"f{number}"
        joins.append(f"LEFT JOIN {_place(where.findings, asked.name)} AS {alias} "
                     f"ON {alias}.subject = b.{d.quoted(dossier.subject)}")
        base.append(f"{alias}.value AS {d.quoted(asked.column.name)}")
    tests = []
    if year is not None and dossier.base.period is not None:
        tests.append(f"b.{d.quoted(dossier.base.period)} = {d.whole(year)}")
    if subject is not None:
        tests.append(f"b.{d.quoted(dossier.subject)} = {d.string(subject)}")
    inner = (f"SELECT {', '.join(base)} FROM {_place(where.tables, dossier.base.name)} AS b"
             + "".join(f"\n{j}" for j in joins) + (f"\nWHERE {' AND '.join(tests)}" if tests else ""))
    derived = {x.column.name: x.expr for x in dossier.derived if x.column.name in wanted}
    if not derived:
        return inner
    carried = [Fact.of(c) for c in dossier.columns if c.name in wanted and c.name not in derived]
    plan = compile_plan(derived, carried)
    return Printer(d, plan, law_date).select(f"(\n{inner}\n) AS _dossier")


def _place(places: Mapping[str, str], name: str) -> str:
    if name not in places:
        raise FactsError.of(f"没有表或结论 {name}", f"there is no table or finding {name}", value=name)
    return places[name]


def _gather(group: list[Gathered], where: Where, d: Dialect, law_date: date, year: int | None,
            subject: str | None) -> str:
    first = group[0]
    over = _Over(d, law_date, "t")
    key = f"t.{d.quoted(first.matched_on)}"
    tests = [f"{key} IS NOT NULL"]
    row_year = first.year if first.year is not None else (
        first.table.fact(first.table.period) if first.table.period else None)
    if row_year is not None and year is not None and first.back is not None:
        tests.append(f"{over.of(row_year)} = {d.whole(year - first.back)}")
    if subject is not None:
        tests.append(f"{key} = {d.string(subject)}")
    figures = ", ".join(f"{_figure(g, over)} AS {d.quoted(g.column.name)}" for g in group)
    return (f"SELECT {key} AS k, {figures} FROM {_place(where.tables, first.table.name)} AS t "
            f"WHERE {' AND '.join(tests)} GROUP BY {key}")


def _figure(g: Gathered, over: _Over) -> str:
    counts = over.of(g.where) if g.where is not None else "TRUE"
    if g.how == "count":
        return f"CAST(sum(CASE WHEN {counts} THEN 1 ELSE 0 END) AS {over.d.big})"
    if g.how == "any":
        return f"max(CASE WHEN {counts} THEN 1 ELSE 0 END)"
    assert g.of is not None
    figure = over.d.ordered(over.cell(g.of), g.of.type)
    if g.how == "sum":
        return f"CAST(sum(CASE WHEN {counts} THEN {figure} END) AS {over.d.big})"
    return f"{'min' if g.how == 'least' else 'max'}(CASE WHEN {counts} THEN {figure} END)"


def _filled(g: Gathered, alias: str, d: Dialect) -> str:
    column = f"{alias}.{d.quoted(g.column.name)}"
    if g.how == "count":
        return f"COALESCE({column}, {d.whole(0)})"
    if g.how == "any":
        return f"(COALESCE({column}, 0) = 1)"
    return column if g.empty is None else f"COALESCE({column}, {d.whole(g.empty)})"
