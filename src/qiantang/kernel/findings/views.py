"""Views: tables worth reading, made from a run and the facts it judged; tallies by group, and lists of subjects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from qiantang.kernel.errors import RulebookError
from qiantang.kernel.expressions.dialects import Dialect
from qiantang.kernel.expressions.nodes import Expr, Fact
from qiantang.kernel.expressions.plan import compile_plan
from qiantang.kernel.expressions.sql import Printer
from qiantang.kernel.expressions.types import Kind, Type
from qiantang.kernel.facts.dossier import Dossier
from qiantang.kernel.facts.schema import Column
from qiantang.kernel.findings.judging import Judging
from qiantang.kernel.rulebooks.rulebook import Reading
from qiantang.kernel.words import Text, same


class RunView:
    """What a view is built from: the facts of the dossier and the columns of the run, as expressions."""

    def __init__(self, judging: Judging) -> None:
        self.reading: Reading = judging.reading
        self.dossier: Dossier = judging.reading.book.dossier
        self._types = judging.types

    def fact(self, name: str) -> Expr:
        """A fact of the subject."""
        return self.dossier.fact(name)

    def has(self, name: str) -> bool:
        """Whether the run has such a column."""
        return name in self._types

    def column(self, name: str) -> Expr:
        """A column of the run: ``outcome``, ``decided_by``, ``unknown_because`` or a criterion's part."""
        if name not in self._types:
            raise RulebookError.of(f"结果没有列 {name}", f"the run has no column {name}", value=name)
        kind = self._types[name]
        return Fact(kind, Column(name, kind.kind, same(name), kind.unit, kind.scale))


@dataclass(frozen=True, slots=True)
class Shown:
    """A column of a view: its name, its title, and the expression over facts and run columns.

    ``codes`` translates codes into words; ``decimals`` is how many digits a reader sees (None: all that are kept);
    ``percent`` shows a fraction as a percentage.
    """

    name: str
    title: Text
    expr: Expr
    codes: tuple[tuple[str, Text], ...] = ()
    decimals: int | None = None
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure over the rows of a tally's group. ``ratio`` is the sum of ``of`` over the sum of ``over``."""

    name: str
    title: Text
    how: Literal["count", "sum", "ratio", "least", "greatest"]
    of: Expr | None = None
    over: Expr | None = None
    where: Expr | None = None
    scale: int = 4
    decimals: int | None = None
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """One row a group: its keys, then its figures. ``total`` adds a last row over everybody."""

    by: tuple[Shown, ...]
    figures: tuple[Figure, ...]
    where: Expr | None = None
    total: bool = True
    note: Text = field(default_factory=lambda: same(""))


@dataclass(frozen=True, slots=True)
class Listing:
    """One row a subject, best placed first by ``order`` (expression, descending)."""

    columns: tuple[Shown, ...]
    where: Expr | None = None
    order: tuple[tuple[Expr, bool], ...] = ()
    limit: int | None = None
    note: Text = field(default_factory=lambda: same(""))


View = Tally | Listing


@dataclass(frozen=True, slots=True)
class Printed:
    """A view as SQL, with the type of each column for showing."""

    select: str
    types: Mapping[str, Type]
    titles: Mapping[str, Text]


def printed(view: View, relation: str, dialect: Dialect, reading: Reading, limit: int | None = None) -> Printed:
    """Write a view over ``relation``, which holds the subjects' facts and run columns side by side."""
    if isinstance(view, Listing):
        return _listing(view, relation, dialect, reading, limit)
    return _tally(view, relation, dialect, reading)


def _rows(wanted: dict[str, Expr], where: Expr | None, relation: str, dialect: Dialect, reading: Reading) -> tuple[str, Mapping[str, Type]]:
    columns = dict(wanted)
    if where is not None:
        columns["_where"] = where
    plan = compile_plan(columns)
    select = Printer(dialect, plan, reading.day).select(relation)
    kept = ", ".join(dialect.quoted(n) for n in wanted)
    test = f" WHERE {dialect.quoted('_where')}" if where is not None else ""
    return f"(SELECT {kept} FROM (\n{select}\n) AS _v{test})", plan.types


def _listing(view: Listing, relation: str, dialect: Dialect, reading: Reading, limit: int | None) -> Printed:
    wanted = {c.name: c.expr for c in view.columns}
    keys = {f"_o{i}": expr for i, (expr, _) in enumerate(view.order)}
    rows, types = _rows(wanted | keys, view.where, relation, dialect, reading)
    order = ", ".join(f"{dialect.ordered(dialect.quoted(f'_o{i}'), expr.type)} {'DESC' if down else 'ASC'} NULLS LAST"
                      for i, (expr, down) in enumerate(view.order))
    most = limit if limit is not None else view.limit
    select = (f"SELECT {', '.join(dialect.quoted(n) for n in wanted)} FROM {rows} AS _r"
              + (f" ORDER BY {order}" if order else "") + (f" LIMIT {most}" if most is not None else ""))
    return Printed(select, {n: types[n] for n in wanted}, {c.name: c.title for c in view.columns})


def _tally(view: Tally, relation: str, dialect: Dialect, reading: Reading) -> Printed:
    d = dialect
    wanted: dict[str, Expr] = {k.name: k.expr for k in view.by}
    for figure in view.figures:
        for part, expr in (("of", figure.of), ("over", figure.over), ("where", figure.where)):
            if expr is not None:
                wanted[f"_{figure.name}_{part}"] = expr
    rows, types = _rows(wanted, view.where, relation, dialect, reading)
    figures = ", ".join(f"{_figure(f, d, types)} AS {d.quoted(f.name)}" for f in view.figures)
    keys = [d.quoted(k.name) for k in view.by]
    select = f"SELECT {', '.join([*keys, figures])} FROM {rows} AS _r" + (f" GROUP BY {', '.join(keys)}" if keys else "")
    if view.total and keys:
        empty = ", ".join(f"{d.null(types[k.name])} AS {d.quoted(k.name)}" for k in view.by)
        both = (f"SELECT 0 AS _last, * FROM ({select}) AS _g UNION ALL "
                f"SELECT 1 AS _last, * FROM (SELECT {empty}, {figures} FROM {rows} AS _r) AS _t")
        named = ", ".join([*keys, *(d.quoted(f.name) for f in view.figures)])
        select = f"SELECT {named} FROM ({both}) AS _u ORDER BY _last, {', '.join(f'{d.ordered(d.quoted(k.name), types[k.name])} NULLS LAST' for k in view.by)}"
    found = {k.name: types[k.name] for k in view.by} | {f.name: _type(f, types) for f in view.figures}
    titles = {k.name: k.title for k in view.by} | {f.name: f.title for f in view.figures}
    return Printed(select, found, titles)


def _figure(figure: Figure, d: Dialect, types: Mapping[str, Type]) -> str:
    where = d.quoted(f"_{figure.name}_where") if figure.where is not None else "TRUE"
    of, over = d.quoted(f"_{figure.name}_of"), d.quoted(f"_{figure.name}_over")
    if figure.how == "count":
        return f"count(CASE WHEN {where} THEN 1 END)"
    kind = types[f"_{figure.name}_of"]
    if figure.how in ("least", "greatest"):
        return f"{'min' if figure.how == 'least' else 'max'}(CASE WHEN {where} THEN {d.ordered(of, kind)} END)"
    if figure.how == "sum":
        if kind.unit.is_ratio:
            raise RulebookError.of(f"比率不能相加（{figure.name}）", f"ratios cannot be added ({figure.name})")
        return f"CAST(sum(CASE WHEN {where} THEN {of} END) AS {d.big})"
    # Only rows where both parts are known count, so that a missing denominator does not raise the ratio.
    known = f"{where} AND {of} IS NOT NULL AND {over} IS NOT NULL"
    below = types[f"_{figure.name}_over"]
    shift = figure.scale + below.scale - kind.scale
    up, down = (10**shift, 1) if shift >= 0 else (1, 10**-shift)
    above = f"(abs(sum(CASE WHEN {known} THEN CAST({of} AS {d.wide}) END)) * {d.whole(up)})"
    under = f"(sum(CASE WHEN {known} THEN CAST({over} AS {d.wide}) END) * {d.whole(down)})"
    size = d.quotient(f"({above} * 2 + {under})", f"({under} * 2)", True, 2**62)
    sign = f"CASE WHEN sum(CASE WHEN {known} THEN CAST({of} AS {d.wide}) END) < 0 THEN -1 ELSE 1 END"
    return f"(CASE WHEN {under} > 0 THEN CAST({size} * {sign} AS {d.big}) END)"


def _type(figure: Figure, types: Mapping[str, Type]) -> Type:
    if figure.how == "count":
        return Type(Kind.NUMBER)
    of = types[f"_{figure.name}_of"]
    if figure.how != "ratio":
        return of
    return Type(Kind.NUMBER, figure.scale, of.unit / types[f"_{figure.name}_over"].unit)


def shown_columns(names: Sequence[str], view: RunView) -> tuple[Shown, ...]:
    """Facts of the dossier as columns of a view, with their own titles and codes."""
    found = []
    for name in names:
        column = view.dossier.column(name)
        found.append(Shown(name, column.title, view.fact(name), column.choices))
    return tuple(found)
