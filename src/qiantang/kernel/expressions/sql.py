"""Prints a plan as one SELECT, node by node, in the dialect asked for.

All numbers are integers. From a node's proven range the printer knows whether 64 bits carry it; wider intermediate
values use the dialect's wide integer. Nothing rests on an engine's division, rounding or null habit.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from qiantang.kernel.errors import RulebookError
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.expressions.dialects import BIG, Dialect
from qiantang.kernel.expressions.plan import Plan
from qiantang.kernel.expressions.types import Type
from qiantang.kernel.words import Text

WIDE = 10**38 - 1
"""The largest wide integer that every dialect carries."""


class Printer:
    """Writes the expressions of one plan in one dialect, for one law date."""

    def __init__(self, dialect: Dialect, plan: Plan, law_date: date) -> None:
        self.d = dialect
        self.plan = plan
        self.law_date = law_date

    # --- layers ---

    def select(self, source: str) -> str:
        """The whole plan as one SELECT over ``source`` (a table name or a sub-select in brackets)."""
        d = self.d
        read = sorted(self.plan.facts, key=lambda f: f.column.name)
        inner = f"SELECT {', '.join(self.fact(f) for f in read)} FROM {source}" if read else f"SELECT * FROM {source}"
        for depth, cells in enumerate(self.plan.layers):
            columns = [d.quoted(c) for c in sorted(self.plan.carried[depth])]
            columns += [f"{self.cell(cell.expr)} AS {d.quoted(cell.name)}" for cell in cells]
            inner = f"SELECT {', '.join(columns)}\nFROM (\n{inner}\n) AS {d.quoted(f'_l{depth}')}"
        outputs = ", ".join(f"{self.output(name, column)} AS {d.quoted(name)}" for name, column in self.plan.outputs)
        return f"SELECT {outputs}\nFROM (\n{inner}\n) AS {d.quoted('_out')}"

    def fact(self, fact: n.Fact) -> str:
        """A fact as it is read into the first layer."""
        name, read = self.d.quoted(fact.column.name), self.written(fact)
        return name if read == name else f"{read} AS {name}"

    def output(self, name: str, column: str) -> str:
        """A column as it leaves: what 64 bits cannot carry goes out as a decimal of 38 digits."""
        kind = self.plan.types[name]
        written = self.d.quoted(column)
        return f"CAST({written} AS DECIMAL(38,0))" if kind.is_number and self.over(kind) else written

    def cell(self, node: n.Expr) -> str:
        """A node written out in full, as a column of its layer."""
        written = self.written(node)
        return self.narrowed(written, node) if node.type.is_number else written

    def written(self, node: n.Expr) -> str:
        """A node written out in full, as wide as ``written_wide`` says."""
        if node.type.is_number:
            self.check_width(self.top(node, 1))
        return str(_WRITE[type(node)](self, node))

    def narrowed(self, written: str, node: n.Expr) -> str:
        """A number brought down to 64 bits where its range allows."""
        wide = self.written_wide(node) and not self.over(node.type)
        return f"CAST({written} AS {self.d.big})" if wide else written

    # --- widths ---

    @staticmethod
    def over(kind: Type, grow: int = 1) -> bool:
        """Whether the type's range, grown, needs more than 64 bits."""
        return max(abs(kind.low), abs(kind.high)) * grow > BIG

    def written_wide(self, node: n.Expr) -> bool:
        """Whether the node, written out, is a wide integer: its own range, a part's or what is added up on the way."""
        if isinstance(node, n.Step):
            return self.written_wide(node.of)
        if isinstance(node, p.GroupFigure):
            return node.how == "sum" or self.over(node.type)
        if isinstance(node, n.Add | n.Subtract | n.Extreme):
            sizes = [self.top(c, 10 ** (node.type.scale - c.type.scale)) for c in node.children]
            return (max if isinstance(node, n.Extreme) else sum)(sizes) > BIG
        if isinstance(node, n.Multiply | n.InUnit):
            return self.over(node.type) or any(self.over(c.type) for c in node.children)
        return self.over(node.type)

    def division_is_wide(self, node: n.Divide) -> bool:
        """Whether a quotient is worked out in the wide integer: what stands above or below the line needs it."""
        up, down = self.shifts(node)
        return self.top(node.above, up) * 2 + self.top(node.below, down) > BIG or self.top(node.below, down) * 2 > BIG

    @staticmethod
    def top(node: n.Expr, grow: int) -> int:
        """The largest size of a number's integer, grown."""
        return max(abs(node.type.low), abs(node.type.high)) * grow

    @staticmethod
    def shifts(node: n.Divide) -> tuple[int, int]:
        """The factors above and below the line that bring the quotient to its scale."""
        shift = node.type.scale + node.below.type.scale - node.above.type.scale
        return (10**shift, 1) if shift >= 0 else (1, 10**-shift)

    # --- expressions ---

    def column(self, node: n.Expr) -> str | None:
        """The name of the column that already holds this node, if an earlier layer made it."""
        number = self.plan.numbers.get(id(node))
        return self.plan.made.get(number) if number is not None else None

    def of(self, node: n.Expr) -> str:
        """A node as an operand: its column where it has one, else written out."""
        name = self.column(node)
        if name is not None:
            return self.d.quoted(name)
        return self.of(node.of) if isinstance(node, n.Step) else self.written(node)

    def scaled(self, node: n.Expr, scale: int, wide: bool = False) -> str:
        """A number's integer at a finer scale: wide where asked or where its range needs it, else of 64 bits."""
        grow = 10 ** (scale - node.type.scale)
        self.check_width(self.top(node, grow))
        if isinstance(node, n.Const) and isinstance(node.value, int):
            value = node.value * grow
            return f"CAST({value} AS {self.d.wide})" if wide else self.d.whole(value)
        written = self.of(node)
        if wide or self.over(node.type, grow):
            written = f"CAST({written} AS {self.d.wide})"
        elif self.column(node) is None:
            written = self.narrowed(written, node)
        return written if grow == 1 else f"({written} * {self.d.whole(grow)})"

    def factored(self, node: n.Expr) -> tuple[n.Expr, int]:
        """A product with a whole constant above 0, taken apart, where no earlier column holds it."""
        if self.column(node) is None and isinstance(node, n.Multiply):
            for part, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(other, n.Const) and isinstance(other.value, int) and other.value > 0:
                    return part, other.value
        return node, 1

    def sized(self, node: n.Expr, wide: bool) -> str:
        """A number as a wide integer, or as one of 64 bits (where the row's own value is known to fit)."""
        if isinstance(node, n.Const) and isinstance(node.value, int):
            return f"CAST({node.value} AS {self.d.wide})" if wide else self.d.whole(node.value)
        written = self.of(node)
        is_wide = self.over(node.type) if self.column(node) is not None else self.written_wide(node)
        return written if is_wide == wide else f"CAST({written} AS {self.d.wide if wide else self.d.big})"

    def check_width(self, largest: int) -> None:
        """Refuse what even the wide integer cannot carry."""
        if largest > WIDE:
            raise RulebookError.of(
                "数值范围过大，38 位整数也容不下", "the range of a figure exceeds 38 digits",
                remedy=_NARROW)


def _fact(pr: Printer, node: n.Fact) -> str:
    """What 64 bits cannot carry may be kept in another wide type than the dialect's own."""
    name = pr.d.quoted(node.column.name)
    return f"CAST({name} AS {pr.d.wide})" if node.type.is_number and pr.over(node.type) else name


def _const(pr: Printer, node: n.Const) -> str:
    value = node.value
    if value is None:
        return pr.d.null(node.type)
    if isinstance(value, bool):
        return pr.d.truth(value)
    if isinstance(value, int):
        return pr.d.whole(value)
    return pr.d.day(value) if isinstance(value, date) else pr.d.string(value)


def _add(pr: Printer, node: n.Add) -> str:
    wide = pr.written_wide(node)
    return "(" + " + ".join(pr.scaled(part, node.type.scale, wide) for part in node.parts) + ")"


def _subtract(pr: Printer, node: n.Subtract) -> str:
    wide = pr.written_wide(node)
    return f"({pr.scaled(node.left, node.type.scale, wide)} - {pr.scaled(node.right, node.type.scale, wide)})"


def _multiply(pr: Printer, node: n.Multiply) -> str:
    wide = pr.over(node.type)
    return f"({pr.scaled(node.left, node.left.type.scale, wide)} * {pr.scaled(node.right, node.right.type.scale, wide)})"


def _divide(pr: Printer, node: n.Divide) -> str:
    """Half up is (2a + b) div 2b on sizes, up is (a + b - 1) div b; with the sign put back where the range admits negatives.

    Where only the ends of the proven range need the wide integer, the many rows that do not are worked out in 64 bits.
    The test asks for the few, so that a row with an unknown takes the short way too.
    """
    above, times = pr.factored(node.above)
    up, down = pr.shifts(node)
    up *= times
    pr.check_width(pr.top(above, up) * 2 + pr.top(node.below, down))
    may_vanish = node.below.type.low <= 0 <= node.below.type.high
    kept = pr.d.wide if pr.over(node.type) else pr.d.big
    if not pr.division_is_wide(node):
        quotient = _quotient(pr, node, above, up, down, wide=False, may_vanish=may_vanish)
    else:
        quotient = f"CAST({_quotient(pr, node, above, up, down, wide=True, may_vanish=may_vanish)} AS {kept})"
        large = _too_large(pr, ((above, up), (node.below, down)))
        if large is not None:
            narrow = _quotient(pr, node, above, up, down, wide=False, may_vanish=may_vanish)
            quotient = f"(CASE WHEN {large} THEN {quotient} ELSE CAST({narrow} AS {kept}) END)"
    return quotient


def _quotient(pr: Printer, node: n.Divide, above_node: n.Expr, up: int, down: int, *, wide: bool, may_vanish: bool) -> str:
    d = pr.d
    above, below = pr.sized(above_node, wide), pr.sized(node.below, wide)
    if may_vanish:
        below = f"NULLIF({below}, {pr.sized(n.constant(0, node.below.type.unit), wide)})"
    above = above if up == 1 else f"({above} * {d.whole(up)})"
    below = below if down == 1 else f"({below} * {d.whole(down)})"
    signed = node.above.type.low < 0 or node.below.type.low < 0
    a, b = (f"abs({above})", f"abs({below})") if signed else (above, below)
    if node.how == "half_up":
        numerator, divisor = f"({a} * 2 + {b})", f"({b} * 2)"
    else:
        numerator, divisor = (a, b) if node.how == "down" else (f"({a} + {b} - {d.whole(1)})", b)
    quotient = d.quotient(numerator, divisor, wide, pr.top(node, 1))
    return f"(CASE WHEN ({above} < 0) <> ({below} < 0) THEN -{quotient} ELSE {quotient} END)" if signed else quotient


def _too_large(pr: Printer, parts: tuple[tuple[n.Expr, int], ...]) -> str | None:
    """When 64 bits are not enough: the sizes that are too large; None where every size may be."""
    tests = []
    for part, grow in parts:
        most = min(pr.top(part, 1), BIG // (4 * grow))
        if most < 1:
            return None
        if most < pr.top(part, 1):
            size = pr.of(part) if part.type.low >= 0 else f"abs({pr.of(part)})"
            tests.append(f"{size} > {pr.d.whole(most)}")
    return " OR ".join(tests) or None


def _rounded(pr: Printer, node: n.Rounded) -> str:
    """Like a division by a power of ten: the rows that do not need the wide integer are worked out in 64 bits."""
    cut = node.of.type.scale - node.type.scale
    if cut <= 0:
        return pr.scaled(node.of, node.type.scale)
    if pr.top(node.of, 1) + 10**cut <= BIG:
        return _cut(pr, node, 10**cut, wide=False)
    kept = pr.d.wide if pr.over(node.type) else pr.d.big
    written = f"CAST({_cut(pr, node, 10**cut, wide=True)} AS {kept})"
    large = _too_large(pr, ((node.of, 1),)) if 10**cut <= BIG // 4 else None
    return written if large is None else f"(CASE WHEN {large} THEN {written} ELSE CAST({_cut(pr, node, 10**cut, wide=False)} AS {kept}) END)"


def _cut(pr: Printer, node: n.Rounded, step: int, *, wide: bool) -> str:
    of = pr.sized(node.of, wide)
    signed = node.of.type.low < 0
    size = f"abs({of})" if signed else of
    shift = {"half_up": step // 2, "down": 0, "up": step - 1}[node.how]
    moved = f"({size} + {pr.d.whole(shift)})" if shift else size
    unit_step = f"CAST({step} AS {pr.d.wide})" if wide else pr.d.whole(step)
    quotient = pr.d.quotient(moved, unit_step, wide, max(abs(node.type.low), abs(node.type.high)) + 1)
    return f"(CASE WHEN {of} < 0 THEN -{quotient} ELSE {quotient} END)" if signed else quotient


def _extreme(pr: Printer, node: n.Extreme) -> str:
    """A part that can never be picked is left out; of two parts the test alone keeps an unknown unknown."""
    wide, scale = pr.written_wide(node), node.type.scale
    ranges = [c.type.rescaled_range(scale) for c in node.parts]
    above = [(low, high) if node.which == "greatest" else (-high, -low) for low, high in ranges]

    def never(i: int) -> bool:
        """Whether another is always picked before this one; of equal constants the first stays."""
        return any(above[j][0] >= above[i][1] and (j < i or above[i][0] < above[j][1]) for j in range(len(above)) if j != i)

    idle = {i for i, c in enumerate(node.parts) if not c.type.nullable and never(i)}
    kept = [c for i, c in enumerate(node.parts) if i not in idle] or list(node.parts[:1])
    parts = [pr.scaled(c, scale, wide) for c in kept]
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2 and not all(c.type.nullable for c in kept):
        first, other = (0, 1) if kept[0].type.nullable else (1, 0)
        beats = "<" if node.which == "greatest" else ">"
        return f"(CASE WHEN {parts[first]} {beats} {parts[other]} THEN {parts[other]} ELSE {parts[first]} END)"
    picked = f"{node.which}({', '.join(parts)})"
    open_parts = [f"{pr.of(c)} IS NULL" for c in kept if c.type.nullable]
    return f"(CASE WHEN {' OR '.join(open_parts)} THEN NULL ELSE {picked} END)" if open_parts else picked


def _in_unit(pr: Printer, node: n.InUnit) -> str:
    written = pr.scaled(node.of, node.of.type.scale, pr.over(node.type))
    return written if node.up == 1 else f"({written} * {pr.d.whole(node.up)})"


def _compare(pr: Printer, node: n.Compare) -> str:
    left, right = node.left, node.right
    if left.type.is_number:
        scale = max(left.type.scale, right.type.scale)
        return f"({pr.scaled(left, scale)} {node.op} {pr.scaled(right, scale)})"
    first = pr.of(left) if node.op in ("=", "<>") else pr.d.ordered(pr.of(left), left.type)
    return f"({first} {node.op} {pr.of(right)})"


def _among(pr: Printer, node: n.Among) -> str:
    of = pr.of(node.of)
    if not node.codes:
        return f"({of} IS NULL AND NULL)" if node.of.type.nullable else "FALSE"
    return f"({of} IN ({', '.join(pr.d.string(c) for c in node.codes)}))"


def _junction(pr: Printer, node: n.Junction) -> str:
    if not node.parts:
        return pr.d.truth(node.which == "all")
    return "(" + (" AND " if node.which == "all" else " OR ").join(pr.of(part) for part in node.parts) + ")"


def _at_least(pr: Printer, node: n.AtLeast) -> str:
    flags = [pr.of(part) for part in node.parts]
    holds = " + ".join(f"CASE WHEN {f} THEN 1 ELSE 0 END" for f in flags) or "0"
    reach = " + ".join(f"CASE WHEN {f} IS NOT FALSE THEN 1 ELSE 0 END" for f in flags) or "0"
    return f"(CASE WHEN ({holds}) >= {node.k} THEN TRUE WHEN ({reach}) < {node.k} THEN FALSE END)"


def _value(pr: Printer, node: n.Expr, whole: n.Expr) -> str:
    """A branch's value, a number brought to the scale of the whole."""
    return pr.scaled(node, whole.type.scale, pr.over(whole.type)) if whole.type.is_number else pr.of(node)


def _choose(pr: Printer, node: n.Choose) -> str:
    written = "(CASE"
    for flag, value in node.cases:
        held = pr.of(flag)
        written += f" WHEN {held} THEN {_value(pr, value, node)}"
        if flag.type.nullable:
            written += f" WHEN {held} IS NULL THEN NULL"
    return f"{written} ELSE {_value(pr, node.otherwise, node)} END)"


def _first_known(pr: Printer, node: n.FirstKnown) -> str:
    return f"COALESCE({', '.join(_value(pr, part, node) for part in node.parts)})"


def _banded(pr: Printer, node: n.Banded) -> str:
    scale = max([node.of.type.scale, *(max(0, -int(end.as_tuple().exponent))
                                       for b in node.bands for end in (b.low, b.high) if end is not None)])
    of = pr.scaled(node.of, scale)
    written = "(CASE"
    for band in node.bands:
        tests = []
        if band.low is not None:
            tests.append(f"{of} {'>=' if band.low_closed else '>'} {pr.d.whole(int(band.low.scaleb(scale)))}")
        if band.high is not None:
            tests.append(f"{of} {'<=' if band.high_closed else '<'} {pr.d.whole(int(band.high.scaleb(scale)))}")
        test = " AND ".join(tests) or f"{of} IS NOT NULL"
        written += f" WHEN {test} THEN {_value(pr, band.gives, node)}"
    return f"{written} END)"


def _listed(pr: Printer, node: n.Listed) -> str:
    words = ", ".join(f"CASE WHEN {pr.of(f)} THEN {pr.d.string(w)} END"
                      for w, f in zip(node.words, node.flags, strict=True))
    return f"(CASE WHEN {pr.of(node.when)} THEN NULLIF(concat_ws(',', {words}), '') END)"


def _window(pr: Printer, node: p.Population, known: list[n.Expr], order: str = "", split: bool = True) -> tuple[str, str]:
    """The flag that a subject counts, and the OVER clause (``split``: those who count apart from the others)."""
    tests = [] if isinstance(node.among, n.Const) and node.among.value is True else [pr.of(node.among)]
    tests += [f"{pr.of(k)} IS NOT NULL" for k in known if k.type.nullable and not _asks_for(pr, node.among, k)]
    counts = " AND ".join(tests) or "TRUE"
    keys = [pr.of(w) for w in node.within]
    if split and tests:
        keys.append(f"CASE WHEN {counts} THEN 1 ELSE 0 END")
    partition = f"PARTITION BY {', '.join(keys)} " if keys else ""
    return counts, f"OVER ({partition}{order})"


def _asks_for(pr: Printer, flag: n.Expr, figure: n.Expr) -> bool:
    """Whether a flag can hold only where the figure is known: said twice, two windows would look different to an engine."""
    if isinstance(flag, n.Step):
        return _asks_for(pr, flag.of, figure)
    if isinstance(flag, n.Junction) and flag.which == "all":
        return any(_asks_for(pr, part, figure) for part in flag.parts)
    numbers = pr.plan.numbers
    return isinstance(flag, n.Known) and id(flag.of) in numbers and numbers[id(flag.of)] == numbers.get(id(figure))


def _rank(pr: Printer, node: p.Rank) -> str:
    order = "ORDER BY " + ", ".join(f"{pr.d.ordered(pr.of(e), e.type)} {'DESC' if down else 'ASC'}" for e, down in node.by)
    counts, over = _window(pr, node, [e for e, _ in node.by], order)
    place = f"CAST({'rank' if node.ties == 'share' else 'row_number'}() {over} AS {pr.d.big})"
    return place if counts == "TRUE" else f"(CASE WHEN {counts} THEN {place} END)"


def _group_figure(pr: Printer, node: p.GroupFigure) -> str:
    if node.how == "count":
        counts, over = _window(pr, node, [])
        many = f"CAST(count(*) {over} AS {pr.d.big})"
        return many if counts == "TRUE" else f"(CASE WHEN {counts} THEN {many} END)"
    counts, over = _window(pr, node, [node.of], split=False)
    if node.how == "members":
        return f"CAST(count(CASE WHEN {counts} THEN 1 END) {over} AS {pr.d.big})"
    if node.how == "sum":
        return f"{pr.d.total(f'CASE WHEN {counts} THEN {pr.of(node.of)} END')} {over}"
    how = {"least": "min", "greatest": "max"}[node.how]
    figure = pr.of(node.of) if node.of.type.is_number else pr.d.ordered(pr.of(node.of), node.of.type)
    return f"{how}(CASE WHEN {counts} THEN {figure} END) {over}"


def _group_mean(pr: Printer, node: p.GroupMean) -> str:
    """The quotient of two columns; narrower than its parts are proven to be, since a mean lies within its figures."""
    return f"CAST({pr.of(node.quotient)} AS {pr.d.wide if pr.over(node.type) else pr.d.big})"


def _quota(pr: Printer, node: p.Quota) -> str:
    """Where a bound comes to a whole number of places, an open end leaves out the place that stands on it."""
    place, many, d = pr.of(node.place), pr.of(node.count), pr.d
    written = "(CASE"
    for band in node.bands:
        num, den = d.whole(band.upto.numerator), d.whole(band.upto.denominator)
        test = {
            "share": f"{place} * {den} <= {many} * {num}",
            "floor": f"{place} * {den} <= {many} * {num}",
            "ceil": f"({place} - 1) * {den} < {many} * {num}",
            "half_up": f"({place} * 2 - 1) * {den} <= {many} * 2 * {num}",
        }[node.rounding]
        written += f" WHEN {test}{'' if band.closed else f' AND {place} * {den} <> {many} * {num}'} THEN {d.string(band.code)}"
    return f"{written} WHEN {place} IS NULL OR {many} IS NULL THEN NULL ELSE {d.string(node.last)} END)"


_NARROW = Text("请收窄事实的取值范围或降低小数位。", "Narrow the facts' ranges or lower the scale.")

_WRITE: dict[type, Callable[..., str]] = {
    n.Fact: _fact,
    n.Const: _const,
    n.LawDate: lambda pr, _: pr.d.day(pr.law_date),
    n.Step: lambda pr, node: pr.of(node.of),
    n.Add: _add,
    n.Subtract: _subtract,
    n.Multiply: _multiply,
    n.Divide: _divide,
    n.Rounded: _rounded,
    n.Extreme: _extreme,
    n.InUnit: _in_unit,
    n.Compare: _compare,
    n.Among: _among,
    n.Junction: _junction,
    n.AtLeast: _at_least,
    n.Not: lambda pr, node: f"(NOT {pr.of(node.of)})",
    n.Known: lambda pr, node: f"({pr.of(node.of)} IS NOT NULL)",
    n.Choose: _choose,
    n.FirstKnown: _first_known,
    n.DaysBetween: lambda pr, node: pr.d.days(pr.of(node.first), pr.of(node.last)),
    n.YearOf: lambda pr, node: pr.d.year(pr.of(node.of)),
    n.Banded: _banded,
    n.Listed: _listed,
    p.Rank: _rank,
    p.GroupFigure: _group_figure,
    p.GroupMean: _group_mean,
    p.Quota: _quota,
}
