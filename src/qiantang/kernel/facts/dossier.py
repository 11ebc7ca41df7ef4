"""A dossier: all facts that rulebooks may ask of one subject for one year, gathered from several tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from qiantang.kernel.errors import FactsError, Fault, Place, raise_all
from qiantang.kernel.expressions.nodes import Expr, Fact
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.expressions.walking import facts_of
from qiantang.kernel.facts.schema import Column, Table
from qiantang.kernel.words import Text

How = Literal["sum", "count", "any", "least", "greatest"]


@dataclass(frozen=True, slots=True)
class Gathered:
    """A fact found in another table by matching its ``match`` column with the subject.

    Rows count where ``where`` holds. ``year`` is the gathered row's year; rows of ``back`` years before the
    dossier's year are taken (None: rows of any year). ``count`` of no rows is 0 and ``any`` is no; a sum, least
    or greatest of no rows is unknown, unless ``empty`` gives the value an absent record stands for.
    """

    column: Column
    table: Table
    how: How
    of: Expr | None = None
    where: Expr | None = None
    match: str = ""
    year: Expr | None = None
    back: int | None = 0
    empty: int | None = None

    @property
    def matched_on(self) -> str:
        """The column of the gathered table that names the subject."""
        return self.match or self.table.subject


@dataclass(frozen=True, slots=True)
class Asked:
    """A fact that another domain publishes as a finding, read by its published name."""

    column: Column
    name: str


@dataclass(frozen=True, slots=True)
class Derived:
    """A fact computed from the dossier's other facts, before any rulebook sees it."""

    column: Column
    expr: Expr


@dataclass(frozen=True, slots=True)
class Dossier:
    """Base table (one row a subject and year), columns joined from the subject's master table, gathered facts,
    published findings asked for, and derived facts."""

    name: str
    title: Text
    base: Table
    masters: tuple[tuple[Table, tuple[str, ...]], ...] = ()
    """Tables keyed by the subject alone, each with the columns taken from it."""
    gathered: tuple[Gathered, ...] = ()
    asked: tuple[Asked, ...] = ()
    derived: tuple[Derived, ...] = ()
    _index: dict[str, Column] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        columns: list[Column] = list(self.base.columns)
        for table, names in self.masters:
            columns += [table.column(name) for name in names]
        columns += [g.column for g in self.gathered] + [a.column for a in self.asked]
        columns += [d.column for d in self.derived]
        for column in columns:
            if column.name in self._index:
                raise FactsError.of(f"案卷 {self.name} 的事实 {column.name} 重复",
                                    f"dossier {self.name} has the fact {column.name} twice", value=column.name)
            self._index[column.name] = column
        raise_all(FactsError, self._misfits())

    def _misfits(self) -> Iterator[Fault]:
        """Facts whose expression gives something else than the column says, which would be read wrongly in silence."""
        for g in self.gathered:
            if g.of is None:
                if g.how not in ("count", "any"):
                    yield self._misfit(g.column, f"{g.how} 缺少 of", f"'{g.how}' needs 'of'")
                continue
            yield from self._mistyped(g.column, g.of)
            if g.how == "sum" and g.of.type.unit.is_ratio:
                yield self._misfit(g.column, "比率不能相加", "ratios cannot be added")
            if g.of.type.kind is Kind.FLAG:
                yield self._misfit(g.column, "是非值请用 any 汇集", "flags are gathered by 'any'")
        given = set(self._index) - {d.column.name for d in self.derived}
        for derived in self.derived:
            yield from self._mistyped(derived.column, derived.expr)
            for name in sorted({f.column.name for f in facts_of(derived.expr)} - given):
                yield self._misfit(derived.column, f"所依据的 {name} 不在案卷的原有事实中",
                                   f"it rests on {name}, which is no underived fact of the dossier")

    def _mistyped(self, column: Column, expr: Expr) -> Iterator[Fault]:
        of, kept = expr.type, column.type
        if of.kind is not kept.kind or (of.is_number and (of.unit, of.scale) != (kept.unit, kept.scale)):
            yield self._misfit(column, f"列为 {kept.kind} {kept.unit.title.zh}（{kept.scale} 位小数），表达式却给出 "
                                       f"{of.kind} {of.unit.title.zh}（{of.scale} 位小数）",
                               f"the column keeps a {kept.kind} in '{kept.unit.title.en}' with {kept.scale} decimals, but the "
                               f"expression gives a {of.kind} in '{of.unit.title.en}' with {of.scale}")

    def _misfit(self, column: Column, zh: str, en: str) -> Fault:
        return Fault(Text(f"案卷 {self.name} 的事实 {column.name}：{zh}", f"dossier {self.name}, fact {column.name}: {en}"),
                     Place(path=column.name), column.name)

    @property
    def subject(self) -> str:
        """The column that names the subject."""
        return self.base.subject

    @property
    def columns(self) -> tuple[Column, ...]:
        """All facts of the dossier."""
        return tuple(self._index.values())

    def column(self, name: str) -> Column:
        """The column of that name; FactsError suggests near ones."""
        if name not in self._index:
            import difflib

            near = difflib.get_close_matches(name, self._index, n=3)
            raise FactsError.of(f"案卷 {self.name} 没有事实 {name}", f"dossier {self.name} has no fact {name}", value=name,
                                remedy=Text("相近的：" + "、".join(near), "near: " + ", ".join(near)))
        return self._index[name]

    def fact(self, name: str) -> Fact:
        """The fact as an expression."""
        return Fact.of(self.column(name))

    def tables(self) -> tuple[Table, ...]:
        """Every table the dossier is made from, each once."""
        found: dict[str, Table] = {self.base.name: self.base}
        for table in (*(t for t, _ in self.masters), *(g.table for g in self.gathered)):
            found.setdefault(table.name, table)
        return tuple(found.values())

    def origin(self, name: str) -> tuple[Table, str] | Gathered | Asked | Derived:
        """Where a fact comes from: a table and its column, or how it was gathered, asked for or derived."""
        if any(c.name == name for c in self.base.columns):
            return self.base, name
        for table, names in self.masters:
            if name in names:
                return table, name
        entries: Sequence[Gathered | Asked | Derived] = (*self.gathered, *self.asked, *self.derived)
        for entry in entries:
            if entry.column.name == name:
                return entry
        raise FactsError.of(f"案卷 {self.name} 没有事实 {name}", f"dossier {self.name} has no fact {name}", value=name)
