"""Random expression trees over the made-up subjects: every kind of node, typed and with units that agree."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

from hypothesis import strategies as st

from qiantang.kernel.errors import RulebookError
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.expressions.dialects import DIALECTS
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.expressions.plan import compile_plan
from qiantang.kernel.expressions.sql import Printer
from qiantang.kernel.expressions.types import Kind
from tests.properties.subjects import FACTS, LAW_DATE

T = TypeVar("T")
MODES: tuple[n.RoundingMode, ...] = ("half_up", "down", "up")
LARGEST = 10**25
"""Results beyond this are not built upon; what stands between a quotient's operands may still need 38 digits."""


@dataclass
class Grove:
    """Trees that grow by taking earlier ones as parts."""

    draw: Callable[..., Any]
    trees: list[Expr] = field(default_factory=lambda: list(FACTS.values()))

    # --- choosing parts ---

    def one(self, choices: Sequence[T]) -> T:
        found: T = self.draw(st.sampled_from(list(choices)))
        return found

    def whole(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def of_kind(self, kind: Kind) -> list[Expr]:
        return [t for t in self.trees if t.type.kind is kind]

    def number(self) -> Expr:
        # Late trees first, so that trees grow tall.
        return self.one(self.of_kind(Kind.NUMBER)[::-1])

    def flag(self) -> Expr:
        return self.one(self.of_kind(Kind.FLAG)[::-1])

    def like(self, tree: Expr) -> Expr:
        """Another tree, or a constant, that goes together with this one."""
        if not tree.type.is_number:
            return self.one(self.of_kind(tree.type.kind)[::-1])
        if self.whole(0, 3) == 0:
            return self.figure(tree)
        return self.one([t for t in self.of_kind(Kind.NUMBER) if t.type.unit == tree.type.unit][::-1])

    def figure(self, tree: Expr) -> Expr:
        return n.constant(self.decimal(), tree.type.unit)

    def decimal(self) -> Decimal:
        return Decimal(self.one([-3, -1, 0, 1, 2, 5, 7, 15, 125, 24097])).scaleb(-self.whole(0, 3))

    # --- nodes of one subject ---

    def add(self) -> Expr:
        first = self.number()
        return n.add(first, *(self.like(first) for _ in range(self.whole(1, 2))))

    def subtract(self) -> Expr:
        first = self.number()
        return n.subtract(first, self.like(first))

    def multiply(self) -> Expr:
        return n.multiply(self.number(), self.one([self.number(), n.constant(self.decimal())]))

    def divide(self) -> Expr:
        return n.divide(self.number(), self.number(), self.whole(0, 8), self.one(MODES))

    def rounded(self) -> Expr:
        of = self.number()
        return n.rounded(of, max(0, of.type.scale + self.whole(-4, 1)), self.one(MODES))

    def extreme(self) -> Expr:
        first = self.number()
        parts = [first, *(self.like(first) for _ in range(self.whole(1, 2)))]
        return (n.least if self.draw(st.booleans()) else n.greatest)(*parts)

    def clip(self) -> Expr:
        of = self.number()
        low, high = sorted((self.decimal(), self.decimal()))
        return n.clip(of, n.constant(low, of.type.unit), n.constant(high, of.type.unit))

    def in_unit(self) -> Expr:
        money = [t for t in self.of_kind(Kind.NUMBER) if t.type.unit == FACTS["tax"].type.unit]
        return n.in_unit(self.one(money[::-1]), self.one(["元", "千元", "亿元", "万元"]))

    def choose(self) -> Expr:
        first = self.one(self.trees)
        cases = [(self.flag(), self.like(first)) for _ in range(self.whole(1, 2))]
        return n.choose(*cases, otherwise=self.one([first, n.unknown(first.type)]))

    def first_known(self) -> Expr:
        first = self.one(self.trees)
        return n.first_known(first, self.like(first))

    def step(self) -> Expr:
        of = self.one(self.trees[::-1])
        return n.Step(of.type, "step", of)

    def banded(self) -> Expr:
        ends = sorted({self.decimal() for _ in range(4)})
        gives_codes = self.draw(st.booleans())
        bands = []
        # A shared end belongs to the band below it, to the one above it, or to none.
        owners = [None, *(self.one(["below", "above", "none"]) for _ in ends), None]
        for i, (low, high) in enumerate(zip([None, *ends], [*ends, None], strict=True)):
            if self.whole(0, 3) == 0:
                continue  # a gap in the law
            gives = n.code_constant(self.one("ABC")) if gives_codes else n.constant(self.decimal(), "分")
            bands.append(n.Band(low, high, owners[i] == "above", owners[i + 1] == "below", gives))
        if not bands:
            return self.flag()
        return n.banded(self.number(), bands, path=f"bands.{len(self.trees)}")

    def days(self) -> Expr:
        ends = [*self.of_kind(Kind.DAY), n.law_date()]
        return n.days_between(self.one(ends), self.one(ends))

    def year(self) -> Expr:
        return n.year_of(self.one(self.of_kind(Kind.DAY)))

    def compare(self) -> Expr:
        left = self.one([*self.of_kind(Kind.NUMBER)[::-1], *self.of_kind(Kind.CODE), *self.of_kind(Kind.DAY)])
        return n.compare(left, self.one(["<", "<=", ">", ">=", "=", "<>"]), self.like(left))

    def among(self) -> Expr:
        return n.among(self.one(self.of_kind(Kind.CODE)), self.one([(), ("a",), ("A", "b'", "企")]))

    def logic(self) -> Expr:
        flags = [self.flag() for _ in range(self.whole(0, 3))]
        how = self.one(["all", "any", "at_least", "not", "known", "surely"])
        match how:
            case "all":
                return n.all_of(*flags)
            case "any":
                return n.any_of(*flags)
            case "at_least":
                return n.at_least(self.whole(0, 3), *flags)
            case "not":
                return n.not_(self.flag())
            case "known":
                return n.is_known(self.one(self.trees))
        return n.surely(self.flag())

    def listed(self) -> Expr:
        return n.listed(self.flag(), *((self.one(["税", "it's", "x"]), self.flag()) for _ in range(self.whole(1, 3))))

    # --- nodes of the population ---

    def group(self) -> dict[str, Any]:
        groups = [*self.of_kind(Kind.CODE), *self.of_kind(Kind.FLAG), *self.of_kind(Kind.DAY), FACTS["patents"]]
        within = [self.one(groups) for _ in range(self.whole(0, 2))]
        return {"within": within, "among": self.one([None, self.flag()])}

    def rank(self) -> Expr:
        share = self.draw(st.booleans())
        keys = [(self.one([self.number(), FACTS["class"], FACTS["since"]]), self.draw(st.booleans()))
                for _ in range(self.whole(1, 2))]
        identity = [] if share else [(FACTS["uscc"], self.draw(st.booleans()))]
        return p.rank([*keys, *identity], ties="share" if share else "key", **self.group())

    def count(self) -> Expr:
        return p.group_count(**self.group())

    def total(self) -> Expr:
        addable = [t for t in self.of_kind(Kind.NUMBER) if not t.type.unit.is_ratio]
        return p.group_figure("sum", self.one(addable[::-1]), **self.group())

    def end(self) -> Expr:
        of = self.one([self.number(), self.one(self.of_kind(Kind.CODE)), self.one(self.of_kind(Kind.DAY))])
        return p.group_figure(self.one(["least", "greatest"]), of, **self.group())

    def mean(self) -> Expr:
        return p.group_mean(self.number(), self.whole(0, 6), **self.group())

    def quantile(self) -> Expr:
        at = self.one([Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(9, 10), Fraction(1)])
        return p.quantile(self.number(), at, **self.group())

    def quota(self) -> Expr:
        group = self.group()
        place = p.rank([(self.number(), True), (FACTS["uscc"], False)], **group)
        ends = self.one([(20, 60), (5, 50, 95), (0, 100), (33,)])
        bands = [p.QuotaBand("ABC"[i], Fraction(end, 100), self.draw(st.booleans())) for i, end in enumerate(ends)]
        return p.quota(place, p.group_count(**group), bands, "D", self.one(["floor", "ceil", "half_up", "share"]))

    # --- growing ---

    def grow(self, ways: Sequence[Callable[["Grove"], Expr]]) -> None:
        tree = self.one(ways)(self)
        if _size(tree) <= LARGEST and tree.type.scale <= 12 and _fits(tree):
            self.trees.append(tree)


ROW_WISE: tuple[Callable[[Grove], Expr], ...] = (
    Grove.add, Grove.subtract, Grove.multiply, Grove.divide, Grove.divide, Grove.rounded, Grove.extreme, Grove.clip,
    Grove.in_unit, Grove.choose, Grove.first_known, Grove.step, Grove.banded, Grove.days, Grove.year, Grove.compare,
    Grove.compare, Grove.among, Grove.logic, Grove.logic,
)
POPULATION: tuple[Callable[[Grove], Expr], ...] = (
    Grove.rank, Grove.count, Grove.total, Grove.end, Grove.mean, Grove.quantile, Grove.quota,
)


def _size(tree: Expr) -> int:
    return max(abs(tree.type.low), abs(tree.type.high)) if tree.type.is_number else 0


def _fits(tree: Expr) -> bool:
    try:
        Printer(DIALECTS["duckdb"], compile_plan({"x": tree}), LAW_DATE).select("t")
    except RulebookError as refused:
        if "38 digits" not in refused.said("en"):
            raise
        return False
    return True


@st.composite
def columns(draw: Callable[..., Any], ways: Sequence[Callable[[Grove], Expr]] = ROW_WISE, most: int = 30) -> dict[str, Expr]:
    """Named expressions: what grew last and is no part of anything, and some that are parts as well."""
    grove = Grove(draw)
    for _ in range(draw(st.integers(5, most))):
        grove.grow(ways)
    grown = grove.trees[len(FACTS):]
    parts = {id(c) for tree in grown for c in tree.children} | {id(t.of) for t in grown if isinstance(t, n.Step)}
    wanted = [t for t in grown if id(t) not in parts or grove.whole(0, 4) == 0]
    return {f"x{i}": tree for i, tree in enumerate([*wanted, grove.listed()])}
