"""Units are carried by every number and checked when a rule is built, not when it runs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from qiantang.kernel.errors import RulebookError
from qiantang.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Atom:
    """One indivisible unit: its name in both languages, what it measures, and its size in that measure's base."""

    symbol: str
    title: Text
    measure: str
    size: Fraction


def _atom(symbol: str, en: str, measure: str, size: Fraction | int = 1) -> Atom:
    return Atom(symbol, Text(symbol, en), measure, Fraction(size))


_ATOMS: dict[str, Atom] = {
    a.symbol: a
    for a in (
        _atom("元", "yuan", "money"),
        _atom("千元", "1,000 yuan", "money", 1_000),
        _atom("万元", "10k yuan", "money", 10_000),
        _atom("百万元", "million yuan", "money", 1_000_000),
        _atom("亿元", "100m yuan", "money", 100_000_000),
        _atom("亩", "mu", "area"),
        _atom("m²", "m²", "area", Fraction(3, 2000)),
        _atom("公顷", "ha", "area", 15),
        _atom("km²", "km²", "area", 1500),
        _atom("tce", "tce", "energy"),
        _atom("万tce", "10k tce", "energy", 10_000),
        _atom("kWh", "kWh", "electricity"),
        _atom("万kWh", "10k kWh", "electricity", 10_000),
        _atom("t", "t", "mass"),
        _atom("kg", "kg", "mass", Fraction(1, 1000)),
        _atom("m³", "m³", "volume"),
        _atom("人", "persons", "persons"),
        _atom("家", "enterprises", "enterprises"),
        _atom("件", "pieces", "pieces"),
        _atom("项", "items", "items"),
        _atom("次", "times", "times"),
        _atom("户", "tenants", "tenants"),
        _atom("分", "points", "points"),
        _atom("级", "levels", "levels"),
        _atom("名", "places", "places"),
        _atom("年", "years", "time"),
        _atom("月", "months", "months"),
        _atom("天", "days", "days"),
        _atom("h", "h", "duration", 3600),
        _atom("min", "min", "duration", 60),
        _atom("s", "s", "duration"),
        _atom("%", "%", "fraction", Fraction(1, 100)),
    )
}
_ALIASES = {
    "平方米": "m²", "㎡": "m²", "m2": "m²", "平方公里": "km²", "km2": "km²", "ha": "公顷", "mu": "亩", "yuan": "元",
    "吨标准煤": "tce", "吨标煤": "tce", "万吨标准煤": "万tce", "千瓦时": "kWh", "度": "kWh", "万千瓦时": "万kWh",
    "万度": "万kWh", "吨": "t", "千克": "kg", "公斤": "kg", "立方米": "m³", "m3": "m³", "个": "件", "people": "人",
    "小时": "h", "工时": "h", "分钟": "min", "秒": "s", "％": "%", "kwh": "kWh", "万kwh": "万kWh",
}
_ALIASES |= {name: a.symbol for a in _ATOMS.values() for name in (a.title.en, a.title.en.replace(" ", ""))}


@dataclass(frozen=True, slots=True)
class Unit:
    """A product of atoms with whole exponents; no atoms at all is a plain fraction."""

    atoms: tuple[tuple[str, int], ...] = ()

    def __mul__(self, other: Unit) -> Unit:
        powers = dict(self.atoms)
        for name, power in other.atoms:
            powers[name] = powers.get(name, 0) + power
        return Unit(tuple(sorted((n, p) for n, p in powers.items() if p)))

    def __truediv__(self, other: Unit) -> Unit:
        return self * Unit(tuple((n, -p) for n, p in other.atoms))

    @property
    def is_ratio(self) -> bool:
        """A figure per something, or a plain fraction: such figures are never added over subjects."""
        return not self.measure() or any(p < 0 for _, p in self.atoms)

    @property
    def title(self) -> Text:
        """The unit as written in each language."""
        return Text(_written(self.atoms, "zh"), _written(self.atoms, "en"))

    def measure(self) -> dict[str, int]:
        """Which measures it is made of: two units convert into each other when these agree."""
        found: dict[str, int] = {}
        for name, power in self.atoms:
            kind = _ATOMS[name].measure
            if kind != "fraction":
                found[kind] = found.get(kind, 0) + power
        return {k: p for k, p in found.items() if p}

    def factor_to(self, other: Unit) -> Fraction:
        """How many of ``other`` one of this unit is; RulebookError where they measure different things."""
        if self.measure() != other.measure():
            raise RulebookError.of(
                f"单位“{self.title.zh}”不能换算为“{other.title.zh}”",
                f"unit '{self.title.en}' cannot be converted to '{other.title.en}'",
                value=self.title.zh,
            )
        return _size(self) / _size(other)


@cache
def _written(atoms: tuple[tuple[str, int], ...], lang: str) -> str:
    def word(name: str, power: int) -> str:
        title = _ATOMS[name].title
        return (title.zh if lang == "zh" else title.en) + (f"^{power}" if power > 1 else "")

    above = "·".join(word(n, p) for n, p in atoms if p > 0)
    below = "·".join(word(n, -p) for n, p in atoms if p < 0)
    return f"{above or '1'}/{below}" if below else above


def _size(unit: Unit) -> Fraction:
    size = Fraction(1)
    for name, power in unit.atoms:
        size *= _ATOMS[name].size ** power
    return size


ONE = Unit()


@cache
def unit(written: str) -> Unit:
    """Read a unit such as ``万元/亩``, ``元/kWh`` or ``万元/人·年``; the empty text and ``1`` are the plain fraction.

    Only the part before the first ``/`` stands above the line. RulebookError names an unknown unit.
    """
    above, _, below = written.strip().partition("/")
    found = ONE
    for part, power in ((above, 1), (below.replace("(", "").replace(")", ""), -1)):
        for name in map(str.strip, part.replace("*", "·").split("·")):
            if name in ("", "1"):
                continue
            atom = _ALIASES.get(name, name)
            if atom not in _ATOMS:
                raise RulebookError.of(
                    f"未知单位“{name}”", f"unknown unit '{name}'", value=written,
                    remedy=Text("可用单位：" + "、".join(_ATOMS), "known units: " + ", ".join(_ATOMS)),
                )
            found = found * Unit(((atom, power),))
    return found


def known_unit(written: str) -> Unit | None:
    """The unit, or None where the word is no unit (used to find units in workbook headers)."""
    try:
        return unit(written) if written.strip() else None
    except RulebookError:
        return None
