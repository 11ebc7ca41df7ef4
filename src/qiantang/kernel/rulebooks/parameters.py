"""Parameters: the numbers of the law, each with its days, unit, titles and source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from qiantang.kernel.errors import Fault, Place, RulebookError
from qiantang.kernel.expressions.nodes import Band, Const, Expr, banded, code_constant, constant, flag_constant
from qiantang.kernel.periods import Span
from qiantang.kernel.sources import Source, Status
from qiantang.kernel.units import ONE, Unit
from qiantang.kernel.words import Text, joined


@dataclass(frozen=True, slots=True)
class BandRow:
    """One row of a table of bands: from, to, which ends belong to it, and what it gives."""

    low: Decimal | None
    high: Decimal | None
    low_closed: bool
    high_closed: bool
    gives: Decimal | str


Bands = tuple[BandRow, ...]
ParameterValue = Decimal | bool | str | tuple[str, ...] | Bands


@dataclass(frozen=True, slots=True)
class Admissible:
    """What an unread or drafted value may turn out to be: a closed range, or a list of alternatives."""

    low: Decimal | None = None
    high: Decimal | None = None
    any_of: tuple[ParameterValue, ...] = ()

    def __contains__(self, value: object) -> bool:
        if self.any_of:
            return value in self.any_of
        return isinstance(value, Decimal) and self.low is not None and self.high is not None \
            and self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a parameter: the days it holds, where it stands, how far it may be trusted."""

    value: ParameterValue
    span: Span
    source: Source
    status: Status
    admissible: Admissible | None = None
    place: Place = field(default_factory=Place)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter over time. ``gives`` is the unit of what bands give."""

    path: str
    title: Text
    unit: Unit
    gives: Unit
    entries: tuple[Entry, ...]

    def on(self, day: date) -> Entry:
        """The entry in force on that day; RulebookError names the days there are values for."""
        for entry in self.entries:
            if day in entry.span:
                return entry
        spans = joined([e.span.title for e in self.entries], "；", "; ") if self.entries else Text("无", "none")
        raise RulebookError.of(
            f"参数 {self.path}（{self.title.zh}）在 {day} 没有取值，取值期间：{spans.zh}",
            f"parameter {self.path} ({self.title.en}) has no value on {day}; it has values for: {spans.en}",
            place=Place(path=self.path), value=day)

    def replaced(self, value: ParameterValue) -> Parameter:
        """The same parameter with one value for all days: a reform or a hypothesis, never a sourced value."""
        return replace(self, entries=tuple(replace(e, value=value, status=Status.ASSUMPTION) for e in self.entries))


class Parameters:
    """The parameters in force on one day, read by path while criteria are built; remembers which were read."""

    def __init__(self, by_path: Mapping[str, Parameter], day: date) -> None:
        self._by_path = by_path
        self.day = day
        self.used: dict[str, Entry] = {}

    def has(self, path: str) -> bool:
        """Whether the rulebook has this parameter, in force that day."""
        found = self._by_path.get(path)
        return found is not None and any(self.day in e.span for e in found.entries)

    def parameter(self, path: str) -> Parameter:
        """The parameter itself; RulebookError where there is none of that path."""
        found = self._by_path.get(path)
        if found is None:
            import difflib

            near = difflib.get_close_matches(path, self._by_path, n=3)
            raise RulebookError.of(f"规则缺少参数 {path}", f"the rulebook lacks parameter {path}", place=Place(path=path),
                                   remedy=Text("相近的：" + "、".join(near), "near: " + ", ".join(near)) if near else None)
        return found

    def entry(self, path: str) -> Entry:
        """The entry in force; marks the parameter as used."""
        found = self.parameter(path).on(self.day)
        self.used[path] = found
        return found

    def under(self, stem: str) -> Iterator[str]:
        """The names directly below ``stem.``, in the file's order, each once."""
        seen: dict[str, None] = {}
        for path in self._by_path:
            if path.startswith(stem + ".") and self.has(path):
                seen.setdefault(path[len(stem) + 1:].split(".")[0])
        return iter(seen)

    def title(self, path: str) -> Text:
        """The parameter's title."""
        return self.parameter(path).title

    def decimal(self, path: str) -> Decimal:
        """A number as a Decimal (a scale, a count of years)."""
        value = self.entry(path).value
        if not isinstance(value, Decimal):
            raise self._wrong(path, Text("数", "number"))
        return value

    def whole(self, path: str) -> int:
        """A whole number."""
        value = self.decimal(path)
        if value != int(value):
            raise self._wrong(path, Text("整数", "whole number"))
        return int(value)

    def fraction(self, path: str) -> Fraction:
        """A share, exactly; RulebookError where the parameter's unit is no fraction."""
        unit = self.unit(path)
        if unit.measure():
            raise self._wrong(path, Text("比例", "fraction"))
        return Fraction(self.decimal(path)) * unit.factor_to(ONE)

    def number(self, path: str) -> Const:
        """A number with its unit, as an expression."""
        return constant(self.decimal(path), self.parameter(path).unit, path)

    def yes(self, path: str) -> bool:
        """A switch of the rulebook."""
        value = self.entry(path).value
        if not isinstance(value, bool):
            raise self._wrong(path, Text("是非值", "flag"))
        return value

    def flag(self, path: str) -> Const:
        """A switch, as an expression."""
        return flag_constant(self.yes(path), path)

    def word(self, path: str) -> str:
        """A code or a word."""
        value = self.entry(path).value
        if not isinstance(value, str):
            raise self._wrong(path, Text("文字", "text"))
        return value

    def words(self, path: str) -> tuple[str, ...]:
        """A list of codes."""
        value = self.entry(path).value
        if not isinstance(value, tuple) or any(not isinstance(v, str) for v in value):
            raise self._wrong(path, Text("列表", "list"))
        return tuple(str(v) for v in value)

    def bands(self, path: str, of: Expr) -> Expr:
        """What the bands give for a figure, as an expression."""
        rows = self.entry(path).value
        if not isinstance(rows, tuple) or not rows or not all(isinstance(r, BandRow) for r in rows):
            raise self._wrong(path, Text("分段表", "bands"))
        parameter = self.parameter(path)
        if of.type.unit != parameter.unit:
            raise RulebookError.of(
                f"分段表 {path} 的单位是“{parameter.unit.title.zh}”，而数值的单位是“{of.type.unit.title.zh}”",
                f"bands {path} are in '{parameter.unit.title.en}' but the figure is in '{of.type.unit.title.en}'",
                place=Place(path=path))
        bands = [Band(r.low, r.high, r.low_closed, r.high_closed,
                      constant(r.gives, parameter.gives, path) if isinstance(r.gives, Decimal)
                      else code_constant(r.gives, path))
                 for r in rows if isinstance(r, BandRow)]
        return banded(of, bands, path)

    def band_rows(self, path: str) -> Bands:
        """The rows of a table of bands."""
        rows = self.entry(path).value
        if not isinstance(rows, tuple):
            raise self._wrong(path, Text("分段表", "bands"))
        return tuple(r for r in rows if isinstance(r, BandRow))

    def unit(self, path: str) -> Unit:
        """The parameter's unit."""
        return self.parameter(path).unit

    @staticmethod
    def _wrong(path: str, needed: Text) -> RulebookError:
        return RulebookError(Fault(Text(f"参数 {path} 不是{needed.zh}", f"parameter {path} is no {needed.en}"), Place(path=path)))


