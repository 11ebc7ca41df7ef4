"""Published figures that contradict each other: reported with every figure involved, never a reason to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.figures import figure
from qiantang.kernel.expressions.types import Type
from qiantang.kernel.units import known_unit
from qiantang.kernel.words import Text, joined, same

ALL, TOTAL = "all", "total"
"""The parts under which a whole is published; ``total`` where the publisher added the rows up himself."""


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """One figure as published: of a place and year, by indicator and part, with its unit and source."""

    place: str
    year: int
    indicator: str
    part: str
    figure: Decimal
    unit: str
    source: str

    @property
    def said(self) -> Text:
        """The figure with its unit as published; in English with the unit that a reader there knows, where it is a known one."""
        published = f"{self.figure:f}{self.unit if self.unit == '%' else ' ' + self.unit if self.unit else ''}"
        of = None if self.unit == "%" else known_unit(self.unit)
        return Text(published, published if of is None else figure(self.figure, of, "en"))

    @property
    def last_digit(self) -> Decimal:
        """One unit of the last digit that was published: a figure may be rounded or cut off by less than that."""
        exponent = self.figure.normalize().as_tuple().exponent
        return Decimal(1).scaleb(min(0, exponent if isinstance(exponent, int) else 0))

    def allows(self, exact: Fraction) -> bool:
        """Whether the figure may be the exact value, rounded or cut off."""
        return abs(Fraction(self.figure) - exact) < Fraction(self.last_digit)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Figures of one place and year that cannot all be true."""

    rule: str
    place: str
    year: int
    indicator: str
    message: Text
    figures: tuple[PublishedFigure, ...]


@dataclass(frozen=True, slots=True)
class PartsOfWhole:
    """The parts of ``parts`` make up the figure of ``whole``: exactly, where all of ``complete`` are there, else at
    most. Names are stems: what follows them (``_above_scale``) must agree."""

    parts: str
    whole: str
    complete: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShareOf:
    """A part of ``share`` is the same part of ``count`` as a percentage of ``whole``. Names are stems."""

    share: str
    count: str
    whole: str


@dataclass(frozen=True, slots=True)
class QuotientOf:
    """``quotient`` is ``above`` over ``below``, part by part. Names are stems."""

    quotient: str
    above: str
    below: str


Relation = PartsOfWhole | ShareOf | QuotientOf


@dataclass(frozen=True)
class _Figures:
    """The figures of one place, year and source, by indicator and part."""

    place: str
    year: int
    by_part: Mapping[str, Mapping[str, PublishedFigure]] = field(default_factory=dict)

    def suffixes(self, stem: str) -> list[str]:
        return [name.removeprefix(stem) for name in self.by_part if name == stem or name.startswith(stem + "_")]

    def whole(self, indicator: str) -> PublishedFigure | None:
        return self.by_part.get(indicator, {}).get(ALL)

    def contradiction(self, rule: str, indicator: str, message: Text, *figures: PublishedFigure) -> Contradiction:
        return Contradiction(rule, self.place, self.year, indicator, message, figures)


def figures_of(rows: Iterable[Mapping[str, Stored]], kind: Type) -> list[PublishedFigure]:
    """Rows of the table of published figures; ``kind`` is the type of its ``figure`` column."""
    found = []
    for row in rows:
        year, figure = row["year"], row["figure"]
        assert isinstance(year, int)
        assert isinstance(figure, int)
        found.append(PublishedFigure(str(row["place"]), year, str(row["indicator"]), str(row["part"]),
                                     kind.decimal(figure).normalize() + 0, str(row["unit"]), str(row["source"])))
    return found


def contradictions(figures: Sequence[PublishedFigure], relations: Sequence[Relation] = ()) -> list[Contradiction]:
    """Everything that cannot all be true, by place and year.

    Within one source parts must add up to their whole, ratios must not have been added, and the relations must hold;
    between sources the same figure must be the same.
    """
    found: list[Contradiction] = []
    groups: dict[tuple[str, int, str], dict[str, dict[str, PublishedFigure]]] = {}
    for one in figures:
        groups.setdefault((one.place, one.year, one.source), {}).setdefault(one.indicator, {})[one.part] = one
    for (place, year, _), by_part in groups.items():
        group = _Figures(place, year, by_part)
        for indicator in by_part:
            found += _added_up(group, indicator)
        for relation in relations:
            found += _CHECKS[type(relation)](group, relation)
    found += _sources(figures)
    return sorted(found, key=lambda c: (c.place, c.year, c.indicator, c.rule))


def _added_up(group: _Figures, indicator: str) -> list[Contradiction]:
    """Parts against their own whole; a whole that is the sum of ratios is no whole."""
    by_part = group.by_part[indicator]
    parts = [f for part, f in by_part.items() if part not in (ALL, TOTAL)]
    if len(parts) < 2:
        return []
    total = sum((f.figure for f in parts), Decimal(0))
    unit = known_unit(parts[0].unit)
    wholes = [by_part[part] for part in (ALL, TOTAL) if part in by_part]
    if unit is not None and unit.is_ratio:
        return [group.contradiction(
            "sum-of-ratios", indicator,
            Text("合计 {whole} 是 {n} 个比率相加所得；比率不能相加，应以分子、分母分别汇总后相除",
                 "the total of {whole} is the sum of {n} ratios; ratios cannot be added: sum numerator and denominator and divide").filled(
                     whole=whole.said, n=len(parts)), whole, *parts)
            for whole in wholes if whole.figure == total]
    return [_unequal(group, indicator, whole, parts, total) for whole in wholes if whole.figure != total and unit is not None]


def _unequal(group: _Figures, indicator: str, whole: PublishedFigure, parts: Sequence[PublishedFigure], total: Decimal) -> Contradiction:
    listed = joined([same(f"{f.part} {f.figure:f}") for f in parts])
    return group.contradiction(
        "parts-and-whole", indicator,
        Text("分项（{parts}）合计 {total:f}，与公布的总数 {whole} 不符",
             "the parts ({parts}) add up to {total:f}, not to the published {whole}").filled(
            parts=listed, total=total, whole=whole.said), whole, *parts)


def _parts_of_whole(group: _Figures, relation: PartsOfWhole) -> list[Contradiction]:
    found = []
    for suffix in group.suffixes(relation.parts):
        whole, by_part = group.whole(relation.whole + suffix), group.by_part[relation.parts + suffix]
        parts = [f for part, f in by_part.items() if part not in (ALL, TOTAL)]
        total = sum((f.figure for f in parts), Decimal(0))
        if whole is None or total == whole.figure:
            continue
        if total > whole.figure or set(relation.complete) <= set(by_part):
            found.append(_unequal(group, relation.parts + suffix, whole, parts, total))
    return found


def _share_of(group: _Figures, relation: ShareOf) -> list[Contradiction]:
    found = []
    for suffix in group.suffixes(relation.share):
        counts, whole = group.by_part.get(relation.count + suffix, {}), group.whole(relation.whole + suffix)
        if whole is None or whole.figure == 0:
            continue
        for part, share in group.by_part[relation.share + suffix].items():
            count = counts.get(part)
            if count is None:
                continue
            exact = Fraction(count.figure) / Fraction(whole.figure) * 100
            if not share.allows(exact):
                found.append(group.contradiction(
                    "share-and-count", relation.share + suffix,
                    Text("{part}：{count} ÷ {whole} = {exact}%，公布的比例是 {share}",
                         "{part}: {count} of {whole} are {exact} %, but {share} was published").filled(
                             part=part, count=count.said, whole=whole.said, exact=_short(exact), share=share.said),
                    share, count, whole))
    return found


def _quotient_of(group: _Figures, relation: QuotientOf) -> list[Contradiction]:
    found = []
    for suffix in group.suffixes(relation.quotient):
        for part, quotient in group.by_part[relation.quotient + suffix].items():
            above = group.by_part.get(relation.above + suffix, {}).get(part)
            below = group.by_part.get(relation.below + suffix, {}).get(part)
            if above is None or below is None or below.figure == 0:
                continue
            exact = Fraction(above.figure) / Fraction(below.figure)
            if not quotient.allows(exact):
                found.append(group.contradiction(
                    "quotient", relation.quotient + suffix,
                    Text("{above} ÷ {below} = {exact}，公布的是 {quotient}",
                         "{above} over {below} are {exact}, but {quotient} was published").filled(
                        above=above.said, below=below.said, exact=_short(exact), quotient=quotient.said), quotient, above, below))
    return found


def _sources(figures: Sequence[PublishedFigure]) -> list[Contradiction]:
    """The same figure by two sources, compared in one unit; each may be rounded or cut off to its last digit."""
    by_key: dict[tuple[str, int, str, str], list[PublishedFigure]] = {}
    for one in figures:
        by_key.setdefault((one.place, one.year, one.indicator, one.part), []).append(one)
    found = []
    for (place, year, indicator, _), told in by_key.items():
        for a, b in combinations(told, 2):
            if not _agree(a, b):
                found.append(Contradiction(
                    "two-sources", place, year, indicator,
                    Text("两个来源不一致：{a}（{x}）与 {b}（{y}）", "two sources disagree: {a} ({x}) and {b} ({y})").filled(
                        a=a.said, x=a.source, b=b.said, y=b.source), (a, b)))
    return found


def _agree(a: PublishedFigure, b: PublishedFigure) -> bool:
    one, other = known_unit(a.unit), known_unit(b.unit)
    if one is None or other is None or one.measure() != other.measure():
        return a.unit == b.unit and a.figure == b.figure
    factor = one.factor_to(other)
    within = max(Fraction(a.last_digit) * factor, Fraction(b.last_digit))
    return abs(Fraction(a.figure) * factor - Fraction(b.figure)) < within


def _short(exact: Fraction) -> str:
    return f"{Decimal(exact.numerator) / Decimal(exact.denominator):.4f}".rstrip("0").rstrip(".")


_CHECKS: dict[type, Callable[..., list[Contradiction]]] = {
    PartsOfWhole: _parts_of_whole,
    ShareOf: _share_of,
    QuotientOf: _quotient_of,
}
