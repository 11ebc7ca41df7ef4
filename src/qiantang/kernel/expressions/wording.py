"""An expression as a formula that an official reads, in words or with one subject's numbers put in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum
from functools import cached_property
from types import UnionType

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.expressions.evaluate import Stored, Value
from qiantang.kernel.expressions.figures import NOT_APPLICABLE, UNKNOWN, band_ends, figure, grouped, plain, share
from qiantang.kernel.expressions.recalling import Recalled
from qiantang.kernel.expressions.shown import Names, coded, is_percent, shown
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.expressions.walking import bare, parts_of
from qiantang.kernel.units import Unit
from qiantang.kernel.words import Lang, Text


class _Binds(IntEnum):
    """How tightly a phrase holds together; a looser phrase inside a tighter one is put in brackets."""

    LIST = 0
    OR = 1
    AND = 2
    TEST = 3
    SUM = 4
    PRODUCT = 5
    WHOLE = 6


@dataclass(frozen=True, slots=True)
class _Phrase:
    """``told`` says that the phrase already names its own result."""

    text: str
    binds: _Binds = _Binds.WHOLE
    told: bool = False


_NUMBER_TESTS: dict[n.Comparison, Text] = {
    ">=": Text("不低于", "at least"), ">": Text("高于", "above"), "<=": Text("不高于", "at most"),
    "<": Text("低于", "below"), "=": Text("等于", "equals"), "<>": Text("不等于", "differs from"),
}
_DAY_TESTS: dict[n.Comparison, Text] = {
    ">=": Text("不早于", "on or after"), ">": Text("晚于", "after"), "<=": Text("不晚于", "on or before"),
    "<": Text("早于", "before"), "=": Text("即", "is"), "<>": Text("不是", "is not"),
}
_CODE_TESTS: dict[n.Comparison, Text] = {**_DAY_TESTS, "=": Text("为", "is"), "<>": Text("不为", "is not")}
_OPPOSITE: dict[n.Comparison, n.Comparison] = {">=": "<", "<": ">=", ">": "<=", "<=": ">", "=": "<>", "<>": "="}
_MIRRORED: dict[n.Comparison, n.Comparison] = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}

_ROUNDED: dict[n.RoundingMode, Text] = {
    "half_up": Text("四舍五入到 {grid}", "rounded half up to {grid}"),
    "up": Text("进位到 {grid}", "rounded up to {grid}"),
    "down": Text("舍去零头到 {grid}", "cut down to {grid}"),
}
_PLACES: dict[p.Rounding, Text] = {
    "floor": Text("名额的小数舍去", "part places are dropped"),
    "ceil": Text("名额的小数进一", "part places count as whole"),
    "half_up": Text("名额四舍五入", "places are rounded half up"),
    "share": Text("按名次占总数的比例", "by the place's share of the count"),
}
_OVER_GROUP = {
    "count": Text("{pool}的参评对象数", "the number of subjects in {pool}"),
    "sum": Text("{pool}的{of}合计", "the sum of {of} over {pool}"),
    "least": Text("{pool}的{of}最小值", "the least {of} in {pool}"),
    "greatest": Text("{pool}的{of}最大值", "the greatest {of} in {pool}"),
    "mean": Text("{pool}的{of}平均值", "the mean {of} in {pool}"),
}
_NEEDS_POPULATION = Text("（需要全体数据）", " (needs the population)")
_NO_RECORD = Text("（无记录视为否）", " (no record counts as no)")


def worded(expr: n.Expr, lang: Lang, values: Mapping[str, Stored] | None = None, names: Names | None = None,
           law_date: date = date.max, alone: bool = False) -> str:
    """The expression as a formula; with ``values`` (stored, by fact and by column) its numbers and its result.

    A part that is a column of the run is called by its name instead of being spelt out again. ``alone`` says that
    the subject was judged without a population.
    """
    names = names or Names()
    recalled = None if values is None else Recalled(values, law_date, names.columns, alone)
    return Wording(lang, names, recalled).formula(expr)


class Wording:
    """Writes formulas in one language; with ``recalled`` values it puts the numbers in."""

    def __init__(self, lang: Lang, names: Names, recalled: Recalled | None = None) -> None:
        self.lang = lang
        self.names = names
        self.recalled = recalled
        self._root: n.Expr | None = None
        self._column = ""
        self._said: dict[int, _Phrase] = {}
        self._factual: dict[int, bool] = {}

    @cached_property
    def words(self) -> Wording:
        """The same without numbers."""
        return self if self.recalled is None else Wording(self.lang, self.names)

    def formula(self, root: n.Expr, column: str = "") -> str:
        """The formula of a node itself, spelt out even where it is a column; ``column`` names it, so that it is not
        explained by itself."""
        root = bare(root)
        self._root, self._column = root, column
        self._said.clear()
        self._factual.clear()
        phrase = self.spelt(root)
        if self.recalled is None:
            grid = self._grid(root, n.Rounded | n.Divide)
            return phrase.text + (self._say("，", ", ") + grid if grid else "")
        if phrase.told or not self.recalled.at_hand(root):
            return phrase.text
        return phrase.text + self._result(root, self.recalled.value(root))

    def mention(self, node: n.Expr) -> str:
        """The node as it is called inside other formulas."""
        return self.of(node).text

    # --- pieces ---

    def _say(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def _aside(self, text: str) -> str:
        return self._say(f"（{text}）", f" ({text})")

    def _bracketed(self, text: str) -> str:
        return self._aside(text).strip()

    def _quoted(self, text: str) -> str:
        return f"“{text}”"

    def _list(self, parts: Sequence[str]) -> str:
        return self._say("；", "; ").join(parts)

    def inside(self, node: n.Expr) -> str:
        """The node as one whole thing inside a sentence."""
        return self._within(node, _Binds.WHOLE)

    def _within(self, node: n.Expr, binds: _Binds) -> str:
        """A part of a larger phrase, in brackets where it holds less tightly."""
        phrase = self.of(node)
        return self._bracketed(phrase.text) if phrase.binds < binds else phrase.text

    def _value(self, node: n.Expr) -> Value:
        """The node's value; None where it is unknown, cannot be told, or numbers are not asked for."""
        return self.recalled.value(node) if self.recalled is not None and self.recalled.at_hand(node) else None

    def _shown(self, node: n.Expr, value: Value) -> str:
        return shown(node, value, self.lang, self.names)

    def _result(self, node: n.Expr, value: Value) -> str:
        if value is None:
            void = self.recalled is not None and self.recalled.is_void(node)
            return self._say("：", ": ") + (NOT_APPLICABLE if void else UNKNOWN).said(self.lang)
        if isinstance(value, bool):
            return self._say("：成立", ": holds") if value else self._say("：不成立", ": does not hold")
        if isinstance(value, Decimal):
            grid = self._grid(self._settled(node), n.Rounded)
            return f" {self._equals(node, value)} {self._shown(node, value)}{self._aside(grid) if grid else ''}"
        return self._say("：", ": ") + self._shown(node, value)

    def _equals(self, node: n.Expr, value: Decimal) -> str:
        node = self._settled(node)
        if isinstance(node, n.Divide):
            above, below = self._value(node.above), self._value(node.below)
            if isinstance(above, Decimal) and isinstance(below, Decimal) and value * below != above:
                return "≈"
        return "="

    def _grid(self, node: n.Expr, kinds: type | UnionType) -> str:
        """How a figure is rounded; empty where it is not."""
        if not isinstance(node, n.Rounded | n.Divide) or not isinstance(node, kinds):
            return ""
        if isinstance(node, n.Rounded) and node.type.scale >= node.of.type.scale:
            return ""
        grid = figure(Decimal(1).scaleb(-node.type.scale), node.type.unit, self.lang, is_percent(node))
        return _ROUNDED[node.how].filled(grid=grid).said(self.lang)

    def _side(self, node: n.Expr) -> tuple[str, bool]:
        """One side of a test, and whether it is a compound figure followed by what it comes to."""
        phrase, value = self.of(node), self._value(node)
        if phrase.told or not isinstance(value, Decimal):
            return (self._bracketed(phrase.text) if phrase.binds < _Binds.SUM else phrase.text), False
        meant = bare(node)
        return f"{phrase.text} {self._equals(meant, value)} {self._shown(meant, value)}", True

    def of(self, node: n.Expr) -> _Phrase:
        """A node inside a formula: by its name where it is a column, spelt out otherwise."""
        if id(node) not in self._said:
            self._said[id(node)] = self._named_or_spelt(node)
        return self._said[id(node)]

    def _named_or_spelt(self, node: n.Expr) -> _Phrase:
        named = self.names.columns.get(id(node))
        if named is not None and named.column != self._column:
            return self._called(node, named.title)
        if isinstance(node, n.Step):
            title = self.names.parameters.get(node.name)
            return self._called(node, title) if title is not None else self.of(node.of)
        return self.spelt(node)

    def _settled(self, node: n.Expr) -> n.Expr:
        """The node after the choices that the subject's values made."""
        return node if self.recalled is None else self.recalled.settled(node)

    def _told_here(self, node: n.Expr) -> bool:
        """Whether the subject's value of the node can be told; it may still be unknown."""
        return self.recalled is not None and self.recalled.at_hand(node)

    def _called(self, node: n.Expr, title: Text) -> _Phrase:
        if node.type.kind is Kind.FLAG:
            word = self._quoted(title.said(self.lang))
            if not self._told_here(node):
                return _Phrase(word)
            return _Phrase(word + self._aside(self._shown(node, self._value(node))), told=True)
        return self._titled(node, title.said(self.lang))

    def _titled(self, node: n.Expr, title: str) -> _Phrase:
        """A title, with the value where there is one."""
        if not self._told_here(node):
            return _Phrase(title)
        value = self._value(node)
        if value is None:
            why = NOT_APPLICABLE if self.recalled is not None and self.recalled.is_void(node) else UNKNOWN
            return _Phrase(title + self._aside(why.said(self.lang)), told=True)
        said = self._shown(node, value)
        if isinstance(value, str):
            return _Phrase(title + self._say("", " ") + self._quoted(said), told=True)
        return _Phrase(f"{title} {said}", told=True)

    def spelt(self, node: n.Expr) -> _Phrase:
        """A node as the formula it is."""
        return _SPELT[type(node)](self, node)

    # --- leaves ---

    def fact(self, node: n.Fact) -> _Phrase:
        """A fact by its title."""
        title = node.column.title.said(self.lang)
        if self._told_here(node) and self._value(node) is None:
            return _Phrase(title + self._aside(self._say("缺失", "missing")), told=True)
        if node.type.kind is Kind.FLAG and self._told_here(node):
            return _Phrase(title + self._aside(self._shown(node, self._value(node))), told=True)
        return self._titled(node, title)

    def const(self, node: n.Const) -> _Phrase:
        """A fixed value; a parameter by its title and value."""
        return self._const(node, is_percent(node))

    def _const(self, node: n.Const, percent: bool, like: n.Expr | None = None) -> _Phrase:
        value: Value = node.value
        if node.type.is_number and isinstance(node.value, int):
            said = figure(node.type.decimal(node.value), node.type.unit, self.lang, percent)
        elif isinstance(value, str):
            said = self._quoted(coded(node if like is None else like, value, self.lang, self.names))
        elif value is None:
            said = NOT_APPLICABLE.said(self.lang)
        else:
            assert isinstance(value, bool | date)
            said = plain(value, self.lang)
        title = self.names.parameters.get(node.path)
        if title is None:
            negative = isinstance(node.value, int) and node.value < 0
            return _Phrase(said, _Binds.SUM if negative else _Binds.WHOLE, told=True)
        return _Phrase(f"{title.said(self.lang)} {said}", told=True)

    def law_date(self, node: n.LawDate) -> _Phrase:
        """The day the law is read on."""
        return self._titled(node, self._say("适用日", "the day the law is read"))

    # --- arithmetic ---

    def add(self, node: n.Add) -> _Phrase:
        """a + b + c"""
        first, *rest = node.parts
        return _Phrase(" + ".join([self._within(first, _Binds.SUM), *(self._within(r, _Binds.PRODUCT) for r in rest)]),
                       _Binds.SUM)

    def subtract(self, node: n.Subtract) -> _Phrase:
        """a − b"""
        return _Phrase(f"{self._within(node.left, _Binds.SUM)} − {self._within(node.right, _Binds.PRODUCT)}", _Binds.SUM)

    def multiply(self, node: n.Multiply) -> _Phrase:
        """a × b"""
        return _Phrase(f"{self._within(node.left, _Binds.PRODUCT)} × {self._factor(node.right)}", _Binds.PRODUCT)

    def divide(self, node: n.Divide) -> _Phrase:
        """a ÷ b"""
        return _Phrase(f"{self._within(node.above, _Binds.PRODUCT)} ÷ {self._factor(node.below)}", _Binds.PRODUCT)

    def _factor(self, node: n.Expr) -> str:
        """What follows × or ÷ stands in brackets if it is itself a product: order decides there."""
        phrase = self.of(node)
        return phrase.text if phrase.binds is _Binds.WHOLE else self._bracketed(phrase.text)

    def rounded(self, node: n.Rounded) -> _Phrase:
        """The inner formula; how it is rounded is told beside the result."""
        return self.of(node.of)

    def in_unit(self, node: n.InUnit) -> _Phrase:
        """Units are shown with the values, so a change of unit needs no words."""
        return self.of(node.of)

    def extreme(self, node: n.Extreme) -> _Phrase:
        """A floor or a cap as an aside; otherwise the lesser or greater of several figures."""
        held, sides = self._held(node)
        if sides:
            return _Phrase(self._within(held, _Binds.PRODUCT) + self._aside(self._say("，", ", ").join(sides)))
        which = node.which == "least"
        parts = self._list([self.of(part).text for part in node.parts])
        return _Phrase(self._say("取最小" if which else "取最大", "least of " if which else "greatest of ")
                       + self._bracketed(parts))

    def _held(self, node: n.Expr) -> tuple[n.Expr, list[str]]:
        """The figure inside caps and floors that rest on no fact, and those limits, the innermost first."""
        if not isinstance(node, n.Extreme):
            return node, []
        first, *limits = node.parts
        if not self._rests_on_facts(first) or any(self._rests_on_facts(limit) for limit in limits):
            return node, []
        inner, sides = (first, []) if id(first) in self.names.columns else self._held(first)
        word = self._say("不高于", "at most") if node.which == "least" else self._say("不低于", "at least")
        return inner, [*sides, *(f"{word} {self._beside(first, limit)}" for limit in limits)]

    def _rests_on_facts(self, node: n.Expr) -> bool:
        if id(node) not in self._factual:
            self._factual[id(node)] = isinstance(node, n.Fact) or any(self._rests_on_facts(part) for part in parts_of(node))
        return self._factual[id(node)]

    # --- logic ---

    def compare(self, node: n.Compare) -> _Phrase:
        """a at least b"""
        return self._test(node, node.op)

    def _test(self, node: n.Compare, op: n.Comparison) -> _Phrase:
        subject, limit = node.left, node.right
        if isinstance(subject, n.Const) and not isinstance(limit, n.Const):
            subject, limit, op = limit, subject, _MIRRORED.get(op, op)
        kind = subject.type.kind
        words = _NUMBER_TESTS if kind is Kind.NUMBER else _DAY_TESTS if kind is Kind.DAY else _CODE_TESTS
        left, computed = self._side(subject)
        between = self._say("，", ", ") if computed else " "
        return _Phrase(f"{left}{between}{words[op].said(self.lang)} {self._beside(subject, limit)}", _Binds.TEST)

    def _beside(self, left: n.Expr, right: n.Expr) -> str:
        """The other side of a test or a limit; a plain constant is read as what it is compared with."""
        if isinstance(right, n.Const) and id(right) not in self.names.columns:
            return self._const(right, is_percent(left) or is_percent(right), left).text
        return self._side(right)[0]

    def among(self, node: n.Among) -> _Phrase:
        """A code is one of a list."""
        return self._one_of(node, Text("属于", "is one of"))

    def _one_of(self, node: n.Among, word: Text) -> _Phrase:
        title = self.names.parameters.get(node.path)
        codes = self._say("、", ", ").join(coded(node.of, c, self.lang, self.names) for c in node.codes)
        many = title is not None and len(node.codes) > 6
        listed = self._say(f"所列 {len(node.codes)} 项", f"{len(node.codes)} entries") if many else codes
        named = listed if title is None else f"{self._quoted(title.said(self.lang))}{self._aside(listed)}"
        return _Phrase(f"{self._within(node.of, _Binds.SUM)} {word.said(self.lang)} {named}", _Binds.TEST)

    def junction(self, node: n.Junction) -> _Phrase:
        """All of, or any of."""
        every = node.which == "all"
        if not node.parts:
            return _Phrase(self._say("恒成立", "always") if every else self._say("恒不成立", "never"))
        binds = _Binds.AND if every else _Binds.OR
        parts = [self._within(part, _Binds(binds + 1)) for part in node.parts]
        if len(parts) == 2:
            word = self._say("且" if every else "或", "and" if every else "or")
            return _Phrase(f"{parts[0]} {word} {parts[1]}", binds)
        head = self._say("全部满足：", "all of: ") if every else self._say("满足其一：", "any of: ")
        return _Phrase(head + self._list([self.of(part).text for part in node.parts]), _Binds.LIST)

    def at_least(self, node: n.AtLeast) -> _Phrase:
        """At least k of several."""
        held = sum(self._value(part) is True for part in node.parts)
        count = self._say(f"，已成立 {held} 项", f", {held} hold") if self.recalled is not None else ""
        head = self._say(f"至少满足 {node.k} 项（共 {len(node.parts)} 项{count}）：",
                         f"at least {node.k} of {len(node.parts)}{count}: ")
        return _Phrase(head + self._list([self.of(part).text for part in node.parts]), _Binds.LIST)

    def not_(self, node: n.Not) -> _Phrase:
        """The opposite, said as a test of its own where there is a word for it."""
        of = node.of
        if id(of) not in self.names.columns:
            if isinstance(of, n.Compare):
                return self._test(of, _OPPOSITE[of.op])
            if isinstance(of, n.Among):
                return self._one_of(of, Text("不属于", "is none of"))
            if isinstance(of, n.Known):
                return _Phrase(f"{self._within(of.of, _Binds.SUM)} {self._say('未知', 'is unknown')}", _Binds.TEST)
            if isinstance(of, n.Not):
                return self.of(of.of)
        return _Phrase(self._say("非", "not ") + self._within(of, _Binds.WHOLE), _Binds.TEST)

    def known(self, node: n.Known) -> _Phrase:
        """Whether a value is known."""
        return _Phrase(f"{self._within(node.of, _Binds.SUM)} {self._say('已知', 'is known')}", _Binds.TEST)

    def choose(self, node: n.Choose) -> _Phrase:
        """The case that holds, with its reason where the formula is nothing else; every case where that cannot be told."""
        took = None if self.recalled is None else self.recalled.picked(node)
        if took is None:
            cases = [self._say(f"若{self._if(flag)}，则为 ", f"if {self._if(flag)}, then ") + self._if(value)
                     for flag, value in node.cases]
            cases.append(self._say("否则为 ", "otherwise ") + self._if(node.otherwise))
            return _Phrase(self._list(cases), _Binds.LIST)
        if node is not self._root:
            return self.of(took)
        phrase = self.of(took)
        flag = next((self.of(flag).text for flag, value in node.cases if value is took), "")
        reason = self._say(f"因{flag}：", f"{flag}: ") if flag else self._say("其余情形：", "in all other cases: ")
        return _Phrase(reason + phrase.text, _Binds.LIST, phrase.told)

    def _if(self, flag: n.Expr) -> str:
        phrase = self.of(flag)
        return self._bracketed(phrase.text) if phrase.binds is _Binds.LIST else phrase.text

    def first_known(self, node: n.FirstKnown) -> _Phrase:
        """The first known of several; a flag that counts as no where nothing is recorded says so."""
        first, *rest = node.parts
        if len(rest) == 1 and isinstance(rest[0], n.Const) and rest[0].value is False:
            phrase = self.of(first)
            if self._told_here(first) and self._value(first) is not None:
                return phrase
            return _Phrase(phrase.text + _NO_RECORD.said(self.lang), phrase.binds)
        took = None if self.recalled is None else self.recalled.picked(node)
        if took is first:
            return self.of(first)
        if took is not None:
            gone = [self.words.of(part).text for part in node.parts[:node.parts.index(took)]]
            phrase = self.of(took)
            missing = self._say("、".join(gone) + "缺失，取 ", ", ".join(gone) + " missing, so ")
            return _Phrase(missing + phrase.text, _Binds.LIST, phrase.told)
        parts = [self.of(part).text for part in node.parts]
        return _Phrase(parts[0] + self._aside(self._list([self._say(f"缺失时取 {t}", f"where unknown, {t}") for t in parts[1:]])))

    # --- days, lists, bands ---

    def days_between(self, node: n.DaysBetween) -> _Phrase:
        """Days from one day to another."""
        first, last = self.of(node.first).text, self.of(node.last).text
        return _Phrase(self._say(f"从{first}到{last}的天数", f"days from {first} to {last}"))

    def year_of(self, node: n.YearOf) -> _Phrase:
        """The year of a day."""
        return _Phrase(self._say(f"{self.of(node.of).text}的年份", f"the year of {self.of(node.of).text}"))

    def listed(self, node: n.Listed) -> _Phrase:
        """The words whose flag holds."""
        return _Phrase(self._say("列出成立者：", "those that hold of: ") + self._list(list(node.words)), _Binds.LIST)

    def banded(self, node: n.Banded) -> _Phrase:
        """The band that the figure falls in, or the whole table of bands."""
        value = self._value(node.of)
        percent = is_percent(node.of)
        if isinstance(value, Decimal):
            looked, _ = self._side(node.of)
            for band in node.bands:
                if band.holds(value):
                    return _Phrase(f"{looked}{self._say('，', ', ')}{self._band(band, node.of.type.unit, percent)}", told=True)
            return _Phrase(looked + self._say("，不在任何一档内", ", in none of the bands"))
        bands = self._list([self._band(band, node.of.type.unit, percent) for band in node.bands])
        return _Phrase(self._say(f"{self.of(node.of).text}分档：{bands}", f"{self.of(node.of).text} by bands: {bands}"),
                       _Binds.LIST)

    def _band(self, band: n.Band, of: Unit, percent: bool) -> str:
        gives, stored = band.gives, band.gives.value
        value: Value = gives.type.decimal(stored) if gives.type.is_number and isinstance(stored, int) else stored
        ends = band_ends(band.low, band.high, band.low_closed, band.high_closed, of, self.lang, percent)
        if isinstance(value, Decimal):
            return f"{ends} {self._say('得', 'gives')} {figure(value, gives.type.unit, self.lang, is_percent(gives))}"
        return f"{ends} {self._say('为', 'is')} {self._quoted(coded(gives, str(value), self.lang, self.names))}"

    # --- the population ---

    def _pool(self, node: p.Population) -> str:
        """The group a subject is compared within."""
        words = []
        for within in node.within:
            value = self._value(within)
            if isinstance(value, str):
                words.append(self._quoted(self._shown(within, value)))
            else:
                title = self.of(within).text
                words.append(self._say(f"同一{title}", f"the same {title}"))
        if not words:
            words = [self._say("全体", "the whole population")]
        among = node.among
        limited = not (isinstance(among, n.Const) and among.value is True)
        bound = self.words.of(among).text if limited and self.recalled is None else ""
        return self._say("、", ", ").join(words) + (self._aside(self._say("参评条件：", "who must meet: ") + bound) if bound else "")

    def _needs(self) -> str:
        return _NEEDS_POPULATION.said(self.lang) if self.recalled is not None and self.recalled.alone else ""

    def rank(self, node: p.Rank) -> _Phrase:
        """A place in a group."""
        keys = []
        for key, down in node.by:
            order = self._say("从高到低" if down else "从低到高", " (highest first)" if down else " (lowest first)")
            keys.append(self.of(key).text + order if key.type.is_number else self.words.of(key).text)
        by = self._say("、", ", then ").join(keys)
        pool, value = self._pool(node), self._value(node)
        if isinstance(value, Decimal):
            return _Phrase(self._say(f"按{by}，在{pool}中列{self._shown(node, value)}",
                                     f"by {by}: {self._shown(node, value)} in {pool}"), told=True)
        return _Phrase(self._say(f"在{pool}中按{by}排的名次", f"the place in {pool} by {by}") + self._needs())

    def group_figure(self, node: p.GroupFigure) -> _Phrase:
        """A count, a sum, the least or the greatest over a group."""
        of = self.words.inside(node.of)
        return _Phrase(_OVER_GROUP[node.how].filled(pool=self._pool(node), of=of).said(self.lang) + self._needs())

    def group_mean(self, node: p.GroupMean) -> _Phrase:
        """A mean over a group."""
        of = self.words.inside(node.of)
        return _Phrase(_OVER_GROUP["mean"].filled(pool=self._pool(node), of=of).said(self.lang) + self._needs())

    def quota(self, node: p.Quota) -> _Phrase:
        """The share of places that the subject's own place falls in, or the whole table of quotas."""
        place, count = self._value(node.place), self._value(node.count)
        if isinstance(place, Decimal) and isinstance(count, Decimal):
            ranked = bare(node.place)
            pool = self._pool(ranked) if isinstance(ranked, p.Population) else self._say("全体", "the whole population")
            text = self._say(f"在{pool}的 {grouped(count)} 个参评对象中列第 {grouped(place)} 位，{self._standing(node, place, count)}",
                             f"place {grouped(place)} of {grouped(count)} in {pool}, {self._standing(node, place, count)}")
            return _Phrase(text)
        if self._told_here(node.place) and place is None:
            return _Phrase(self.of(node.place).text)
        bands = [self._say(f"前 {share(b.upto)}{self._end(b.closed)}为 {self._quoted(coded(node, b.code, self.lang, self.names))}",
                           f"the first {share(b.upto)}{self._end(b.closed)} {self._quoted(coded(node, b.code, self.lang, self.names))}")
                 for b in node.bands]
        last = self._quoted(coded(node, node.last, self.lang, self.names))
        bands.append(self._say(f"其余为 {last}", f"the rest {last}"))
        how = _PLACES[node.rounding].said(self.lang)
        return _Phrase(self._say(f"按{self.of(node.place).text}：{self._list(bands)}（{how}）",
                                 f"by {self.of(node.place).text}: {self._list(bands)} ({how})"), _Binds.LIST)

    def _end(self, closed: bool) -> str:
        return self._aside(self._say("含" if closed else "不含", "inclusive" if closed else "exclusive"))

    def _standing(self, node: p.Quota, place: Decimal, count: Decimal) -> str:
        before = ""
        for band in node.bands:
            if place <= p.cutoff(int(count), band.upto, band.closed, node.rounding):
                upto = f"{share(band.upto)}{self._end(band.closed)}"
                if not before:
                    return self._say(f"属前 {upto}", f"within the first {upto}")
                return self._say(f"在前 {before} 之后、前 {upto}之内", f"past the first {before}, within the first {upto}")
            before = share(band.upto)
        return self._say(f"在前 {before} 之后", f"past the first {before}")


_SPELT: dict[type, Callable[..., _Phrase]] = {
    n.Fact: Wording.fact,
    n.Const: Wording.const,
    n.LawDate: Wording.law_date,
    n.Step: lambda wording, node: wording.spelt(node.of),
    n.Add: Wording.add,
    n.Subtract: Wording.subtract,
    n.Multiply: Wording.multiply,
    n.Divide: Wording.divide,
    n.Rounded: Wording.rounded,
    n.InUnit: Wording.in_unit,
    n.Extreme: Wording.extreme,
    n.Compare: Wording.compare,
    n.Among: Wording.among,
    n.Junction: Wording.junction,
    n.AtLeast: Wording.at_least,
    n.Not: Wording.not_,
    n.Known: Wording.known,
    n.Choose: Wording.choose,
    n.FirstKnown: Wording.first_known,
    n.DaysBetween: Wording.days_between,
    n.YearOf: Wording.year_of,
    n.Listed: Wording.listed,
    n.Banded: Wording.banded,
    p.Rank: Wording.rank,
    p.GroupFigure: Wording.group_figure,
    p.GroupMean: Wording.group_mean,
    p.Quota: Wording.quota,
}
