"""Explaining: from one subject's row of a run and the rulebook's tree to sentences in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache, partial

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.expressions.evaluate import Blame, Stored
from qiantang.kernel.expressions.figures import NOT_APPLICABLE, UNKNOWN, band_ends, figure, grouped, plain
from qiantang.kernel.expressions.plan import compile_plan
from qiantang.kernel.expressions.recalling import Named, Recalled
from qiantang.kernel.expressions.shown import Names, shown
from qiantang.kernel.expressions.walking import bare, facts_of, walk
from qiantang.kernel.expressions.wording import Wording
from qiantang.kernel.facts.dossier import Asked, Derived, Gathered
from qiantang.kernel.facts.schema import Column
from qiantang.kernel.findings.explanation import (
    Contribution,
    CriterionTold,
    Decision,
    Explanation,
    FactTold,
    NotFirm,
    Origin,
    ParameterTold,
    Part,
    Standing,
    Told,
)
from qiantang.kernel.rulebooks.parameters import BandRow, Entry, Parameter, ParameterValue
from qiantang.kernel.rulebooks.rulebook import Criterion, Reading
from qiantang.kernel.sources import Status
from qiantang.kernel.units import ONE
from qiantang.kernel.words import LANGS, Lang, Text, joined, same

_EMPTY = same("")
_POINTS = Text("{title}得分", "points for {title}")
_CANNOT = Text("“{title}”无法判定：{reason}", "“{title}” cannot be judged: {reason}")
_UNDECIDED = Text("本应由此决定，但无法判定", "it would decide, but cannot be judged")
_COHORT_UNKNOWN = Text("是否属于本规则的评价对象未知：{reason}", "it is unknown whether the rule applies: {reason}")
_REASONS = {
    "missing": Text("缺少事实“{name}”", "the fact “{name}” is missing"),
    "zero": Text("“{name}”为 0，不能作除数", "“{name}” is zero and nothing can be divided by it"),
    "no_band": Text("数值不在“{name}”的任何一档内", "the figure falls in no band of “{name}”"),
    "outside": Text("不在参加排名的对象之列", "the subject is not among those who are ranked"),
    "population": Text("需要全体数据", "it needs the population"),
}
_NOBODY = Text("全体数据中没有可供计算的对象", "nobody in the population gives a figure to compare with")
_COMPUTED_ZERO = Text("由“{name}”算出的除数为 0", "the divisor computed from “{name}” is zero")
_GATHERED = {
    "sum": Text("由“{table}”各行合计", "the sum over the rows of “{table}”"),
    "count": Text("“{table}”中的行数", "the number of rows of “{table}”"),
    "any": Text("“{table}”中是否有记录", "whether “{table}” has such a row"),
    "least": Text("“{table}”各行中的最小值", "the least among the rows of “{table}”"),
    "greatest": Text("“{table}”各行中的最大值", "the greatest among the rows of “{table}”"),
}
_ASKED = Text("取自已公布的结论 {name}", "taken from the published finding {name}")
_DERIVED = Text("推算：{formula}", "derived: {formula}")
_NOT_FIRM = {
    Status.PLACEHOLDER: Text("占位值，尚无官方文本", "a placeholder, there is no official text yet"),
    Status.ASSUMPTION: Text("假设，没有官方文本依据", "an assumption, no official text says so"),
    Status.DRAFT: Text("出自征求意见稿，尚未生效", "from a draft that is not in force"),
}


def explained(reading: Reading, subject: str, row: Mapping[str, Stored], facts: Mapping[str, Stored],
              origins: Mapping[str, Sequence[Origin]], alone: bool = False) -> Explanation:
    """Explain one subject's row of a run.

    ``row`` holds the run's columns and ``facts`` the dossier's, both as stored; ``origins`` the source cells of each
    fact. ``alone`` says that the subject was judged without a population (a self-check).
    """
    return _Explaining(reading, row, facts, origins, alone).explanation(subject)


@dataclass(frozen=True, slots=True)
class _Calling:
    """What a reading calls things, which nodes are of one shape, and which fact a list of codes is about; the same
    for every subject."""

    names: Names
    shapes: Mapping[int, int]
    alike: Mapping[int, tuple[n.Expr, ...]]
    lists: Mapping[str, Column]

    def twins(self, node: n.Expr) -> tuple[n.Expr, ...]:
        """Every node that computes the very same thing."""
        return self.alike.get(self.shapes.get(id(node), -1), (node,))


def names_of(reading: Reading) -> Names:
    """What formulas of a reading call its parameters, columns and codes.

    A figure that is a part of two criteria bears the name of the first.
    """
    return _calling(reading).names


@lru_cache(maxsize=32)
def _calling(reading: Reading) -> _Calling:
    book = reading.book
    columns = reading.columns()
    shapes = compile_plan(columns).numbers
    alike: dict[int, list[n.Expr]] = {}
    lists: dict[str, Column] = {}
    seen: set[int] = set()
    for root in columns.values():
        for node in walk(root):
            if id(node) not in seen:
                seen.add(id(node))
                alike.setdefault(shapes[id(node)], []).append(node)
                if isinstance(node, n.Among) and isinstance(node.of, n.Fact):
                    lists.setdefault(node.path, node.of.column)
    calling = _Calling(Names(), shapes, {shape: tuple(nodes) for shape, nodes in alike.items()}, lists)
    named: dict[int, Named] = {}
    for criterion in reading.outline.criteria:
        for column, expr in criterion.parts().items():
            _name(named, calling, bare(expr), column, _title(criterion, column))
    documents = (*reversed(book.lineage), book.document)
    codes = dict(reading.book.form.words) | {code: title for document in documents for code, title in document.codes}
    names = Names({path: parameter.title for path, parameter in book.parameters.items()}, named,
                  codes | {code: _labelled(code, title) for code, title in reading.outline.codes})
    return replace(calling, names=names)


@lru_cache(maxsize=32)
def _formulas(reading: Reading) -> Mapping[str, Text]:
    """Every column's formula in words, the same for every subject."""
    names = names_of(reading)
    writers = {lang: Wording(lang, names) for lang in LANGS}

    def said(column: str, node: n.Expr, lang: Lang) -> str:
        owner = names.columns.get(id(bare(node)))
        mine = owner is None or owner.column == column
        return writers[lang].formula(node, column) if mine else writers[lang].mention(node)

    return {column: _both(partial(said, column, node)) for column, node in reading.columns().items()}


def _name(named: dict[int, Named], calling: _Calling, node: n.Expr, column: str, title: Text) -> None:
    """Call a node and its twins by a column, unless they are plain facts or constants, or have a name already."""
    if not isinstance(node, n.Fact | n.Const | n.LawDate):
        for twin in calling.twins(node):
            named.setdefault(id(twin), Named(twin, column, title))


def _title(criterion: Criterion, column: str) -> Text:
    points = column.endswith("__points") and criterion.value is not None
    return _POINTS.filled(title=criterion.title) if points else criterion.title


def _labelled(code: str, title: Text) -> Text:
    """A class letter is a word that officials use, so it is said with its title; a longer code is only a key."""
    return same(code + " ") + title if len(code) <= 2 and not title.zh.startswith(code) else title


def _both(say: Callable[[Lang], str]) -> Text:
    zh, en = (say(lang) for lang in LANGS)
    return Text(zh, en)


def _with_choices(reading: Reading, calling: _Calling, recalled: Recalled) -> Mapping[int, Named]:
    """The columns by node, and also each branch that a column's choices took for this subject: it has the same value,
    and other formulas are built on the branch."""
    named = dict(calling.names.columns)
    for criterion in reading.outline.criteria:
        for column, expr in criterion.parts().items():
            node: n.Expr | None = expr
            while node is not None:
                _name(named, calling, node, column, _title(criterion, column))
                node = recalled.picked(node)
    return named


class _Explaining:
    """One subject's explanation in the making."""

    def __init__(self, reading: Reading, row: Mapping[str, Stored], facts: Mapping[str, Stored],
                 origins: Mapping[str, Sequence[Origin]], alone: bool) -> None:
        self.reading = reading
        self.book = reading.book
        self.row = row
        self.facts = facts
        self.origins = origins
        values = {**facts, **row}
        self.calling = calling = _calling(reading)
        recalled = Recalled(values, reading.day, calling.names.columns, alone)
        self.names = replace(calling.names, columns=_with_choices(reading, calling, recalled))
        self.recalled = Recalled(values, reading.day, self.names.columns, alone)
        self.wordings = {lang: Wording(lang, self.names, self.recalled) for lang in LANGS}

    def explanation(self, subject: str) -> Explanation:
        reading, document = self.reading, self.book.document
        outcome = self.row.get("outcome")
        code = None if outcome is None else str(outcome)
        score = reading.score
        applies, unknown = self._applies()
        if code is None:
            unknown += self._unknown_outcome()
        return Explanation(
            subject, self.book.id, self.book.title, self.book.version, reading.day, document.span, document.source, document.status,
            reading.status, code, UNKNOWN if code is None else self.names.codes.get(code, same(code)), self._decision(code),
            None if score is None else self._told(score), self._score_parts(score), self._standing(), applies, unknown,
            tuple(self._criterion(c) for c in reading.outline.criteria), self._not_firm())

    # --- values and formulas ---

    def _told(self, node: n.Expr) -> Told:
        value = self.recalled.value(node)
        exact = value if isinstance(value, bool) or value is None else \
            grouped(value, separator="") if isinstance(value, Decimal) else str(value)
        unit = node.type.unit.title if node.type.is_number else _EMPTY
        said = NOT_APPLICABLE if self.recalled.is_void(node) else _both(lambda lang: shown(node, value, lang, self.names))
        return Told(exact, unit, said)

    def _part(self, column: str, node: n.Expr | None) -> Part | None:
        if node is None:
            return None
        owner = self.names.columns.get(id(bare(node)))
        if owner is None or owner.column == column:
            numbers = _both(lambda lang: self.wordings[lang].formula(node, column))
        else:
            numbers = _both(lambda lang: self.wordings[lang].mention(node))
        return Part(self._told(node), _formulas(self.reading)[column], numbers)

    def _criterion(self, criterion: Criterion) -> CriterionTold:
        parts = {column.rpartition("__")[2]: self._part(column, expr) for column, expr in criterion.parts().items()}
        blames = {blame for expr in criterion.parts().values() for blame in self.recalled.blame(expr)}
        unknown = [self._reason(b) for b in _causes(blames)]
        if not unknown and any(self.recalled.value(expr) is None and not self.recalled.is_void(expr)
                               for expr in criterion.parts().values()):
            unknown = [_NOBODY]
        return CriterionTold(
            criterion.id, criterion.title, criterion.role, criterion.clause, criterion.note, parts.get("value"),
            parts.get("points"), parts.get("met"), tuple(self._parameter(path) for path in self._own_paths(criterion)),
            tuple(self._fact(name) for name in self._own_facts(criterion)), tuple(unknown),
            any(not self.recalled.is_void(expr) for expr in criterion.parts().values()))

    # --- what a criterion itself rests on ---

    def _own_nodes(self, criterion: Criterion) -> Iterator[n.Expr]:
        """The nodes of a criterion that belong to no other criterion's column, in the order of its formulas."""
        own = set(criterion.parts())
        seen: set[int] = set()
        stack = list(reversed(criterion.parts().values()))
        while stack:
            node = stack.pop()
            named = self.names.columns.get(id(node))
            if id(node) in seen or (named is not None and named.column not in own):
                continue
            seen.add(id(node))
            yield node
            stack.extend(reversed(self.recalled.consulted(node)))

    def _own_facts(self, criterion: Criterion) -> list[str]:
        """The facts a criterion looks at, each followed by those it was derived from."""
        found: dict[str, None] = {}

        def take(name: str) -> None:
            if name in found:
                return
            found[name] = None
            entry = self.book.dossier.origin(name)
            if isinstance(entry, Derived):
                for inner in facts_of(entry.expr):
                    if inner.column.name in self.facts:
                        take(inner.column.name)

        for node in self._own_nodes(criterion):
            if isinstance(node, n.Fact) and node.column.name != self.book.dossier.subject:
                take(node.column.name)
        return list(found)

    def _own_paths(self, criterion: Criterion) -> list[str]:
        """The parameters a criterion rests on, in the order of its formulas."""
        found: dict[str, None] = {}
        for node in self._own_nodes(criterion):
            if isinstance(node, n.Const | n.Among | n.Banded):
                found.setdefault(node.path)
            elif isinstance(node, p.Quota):
                found |= dict.fromkeys(band.path for band in node.bands)
        found |= dict.fromkeys(criterion.rests_on)
        return [path for path in found if path in self.book.parameters]

    def _fact(self, name: str) -> FactTold:
        column = self.book.dossier.column(name)
        return FactTold(name, column.title, self._told(n.Fact.of(column)), tuple(self.origins.get(name, ())), self._made(name))

    def _made(self, name: str) -> Text:
        entry = self.book.dossier.origin(name)
        if isinstance(entry, Derived):
            expr = entry.expr
            told = all(fact.column.name in self.facts for fact in facts_of(expr))
            formula = _both(lambda lang: (self.wordings[lang] if told else self.wordings[lang].words).formula(expr))
            return _DERIVED.filled(formula=formula)
        if isinstance(entry, Gathered):
            return _GATHERED[entry.how].filled(table=entry.table.title)
        return _ASKED.filled(name=entry.name) if isinstance(entry, Asked) else _EMPTY

    def _parameter(self, path: str) -> ParameterTold:
        parameter = self.book.parameters[path]
        entry = self.reading.used.get(path) or parameter.on(self.reading.day)
        return ParameterTold(path, parameter.title, self._parameter_value(parameter, entry, entry.value), parameter.unit.title,
                             entry.span.since, entry.span.until, entry.source, entry.status,
                             self._admissible(parameter, entry))

    def _parameter_value(self, parameter: Parameter, entry: Entry, value: ParameterValue) -> Text:
        percent = _in_percent(parameter, entry)

        def one(lang: Lang) -> str:
            if isinstance(value, Decimal):
                return figure(value, parameter.unit, lang, percent)
            if isinstance(value, bool):
                return plain(value, lang)
            if isinstance(value, str):
                return self._word(parameter, value, lang)
            rows = [self._band(row, parameter, lang, percent) if isinstance(row, BandRow) else self._word(parameter, row, lang)
                    for row in value]
            return ("；" if lang == "zh" else "; ").join(rows)

        return _both(one)

    def _word(self, parameter: Parameter, code: str, lang: Lang) -> str:
        """A word of the rulebook: a code with a title, one of a fact's choices, or the name of a fact."""
        if code in self.names.codes:
            return self.names.codes[code].said(lang)
        if parameter.path in self.calling.lists:
            return self.calling.lists[parameter.path].choice(code).said(lang)
        titles = {column.name: column.title for column in self.book.dossier.columns}
        return titles[code].said(lang) if code in titles else code

    def _band(self, row: BandRow, parameter: Parameter, lang: Lang, percent: bool) -> str:
        ends = band_ends(row.low, row.high, row.low_closed, row.high_closed, parameter.unit, lang, percent)
        given = row.gives
        gives = figure(given, parameter.gives, lang, 0 < abs(given) < 1) if isinstance(given, Decimal) \
            else self._word(parameter, given, lang)
        return f"{ends} → {gives}"

    def _admissible(self, parameter: Parameter, entry: Entry) -> Text:
        choices = entry.admissible
        if choices is None:
            return _EMPTY
        ends = choices.any_of or tuple(end for end in (choices.low, choices.high) if end is not None)
        told = [self._parameter_value(parameter, entry, end) for end in ends]
        return joined(told, " 或 ", " or ") if choices.any_of else joined(told, " 至 ", " to ")

    # --- the answer ---

    def _decision(self, code: str | None) -> Decision | None:
        named = self.row.get("decided_by")
        if not isinstance(named, str):
            return None
        criterion = self.reading.criterion(named)
        parts = criterion.parts()
        column = next((c for c in (f"{named}__met", f"{named}__value", f"{named}__points") if c in parts), None)
        part = None if column is None else self._part(column, parts[column])
        why = _UNDECIDED if code is None else _EMPTY if part is None else part.numbers
        return Decision(named, criterion.title, criterion.clause, why)

    def _score_parts(self, score: n.Expr | None) -> tuple[Contribution, ...]:
        if score is None:
            return ()
        by_column = {column: c for c in self.reading.outline.criteria for column in c.parts()}
        found: dict[str, Contribution] = {}
        for node in self._own_nodes(self.reading.criterion(self.reading.outline.score)):
            for child in self.recalled.consulted(node):
                named = self.names.columns.get(id(child))
                if named is not None and named.column.endswith("__points"):
                    criterion = by_column[named.column]
                    if criterion.id != self.reading.outline.score:
                        found.setdefault(criterion.id, Contribution(criterion.id, criterion.title, self._told(child)))
        order = [c.id for c in self.reading.outline.criteria]
        return tuple(sorted(found.values(), key=lambda part: order.index(part.criterion)))

    def _standing(self) -> Standing | None:
        """The place that a quota of the outcome looks at, or else the first criterion that is a place."""
        for node in walk(self.reading.outcome):
            if isinstance(node, p.Quota):
                place, count = self._whole(node.place), self._whole(node.count)
                if place is not None:
                    return Standing(place, count, self._pool(node.place))
        for criterion in self.reading.outline.criteria:
            if criterion.value is not None and isinstance(bare(criterion.value), p.Rank):
                place = self._whole(criterion.value)
                if place is not None:
                    return Standing(place, None, self._pool(criterion.value))
        return None

    def _whole(self, node: n.Expr) -> int | None:
        value = self.recalled.value(node) if self.recalled.at_hand(node) else None
        return int(value) if isinstance(value, Decimal) else None

    def _pool(self, place: n.Expr) -> Told | None:
        ranked = bare(place)
        pool = self.reading.pool
        if pool is None and isinstance(ranked, p.Rank) and len(ranked.within) == 1:
            pool = ranked.within[0]
        return self._told(pool) if pool is not None and self.recalled.at_hand(pool) else None

    # --- what is unknown, and what is not firm ---

    def _reason(self, blame: Blame) -> Text:
        name = same(blame.name)
        if blame.why in ("missing", "zero"):
            name = self.book.dossier.column(blame.name).title
        elif blame.name in self.book.parameters:
            name = self.book.parameters[blame.name].title
        computed = blame.why == "zero" and self.facts.get(blame.name) != 0
        return (_COMPUTED_ZERO if computed else _REASONS[blame.why]).filled(name=name)

    def _applies(self) -> tuple[bool | None, tuple[Text, ...]]:
        cohort = self.reading.outline.cohort
        if cohort is None:
            return True, ()
        held = self.recalled.value(cohort)
        reasons = [self._reason(b) for b in sorted(self.recalled.blame(cohort))]
        said = (_COHORT_UNKNOWN.filled(reason=joined(reasons, "；", "; ")),) if held is None else ()
        return (held if isinstance(held, bool) else None), said

    def _unknown_outcome(self) -> tuple[Text, ...]:
        """For each criterion that the outcome hangs on, why it itself cannot be judged."""
        open_blames = frozenset(_causes(self.recalled.blame(self.reading.outcome)))
        listed = self.row.get("unknown_because")
        if not open_blames and isinstance(listed, str):
            return tuple(self._reason(Blame("missing", name)) for name in listed.split(","))
        found: list[Text] = []
        placed: set[Blame] = set()
        for criterion in self.reading.outline.criteria:
            own = {b for expr in criterion.parts().values() for b in self.recalled.blame(expr)} & open_blames
            nodes = list(self._own_nodes(criterion))
            here = {b for b in own if self._stands_in(b, nodes)}
            placed |= here
            found += [_CANNOT.filled(title=criterion.title, reason=self._reason(b)) for b in _causes(here)]
        return (*found, *(self._reason(b) for b in sorted(open_blames - placed)))

    @staticmethod
    def _stands_in(blame: Blame, nodes: Sequence[n.Expr]) -> bool:
        if blame.why in ("missing", "zero"):
            return any(isinstance(node, n.Fact) and node.column.name == blame.name for node in nodes)
        if blame.why == "no_band":
            return any(isinstance(node, n.Banded) and node.path == blame.name for node in nodes)
        return any(isinstance(node, p.Population) for node in nodes)

    def _not_firm(self) -> tuple[NotFirm, ...]:
        document = self.book.document
        found = []
        if not document.status.firm:
            found.append(NotFirm("", self.book.title, document.status, _NOT_FIRM[document.status]))
        for path, entry in self.reading.used.items():
            if not entry.status.firm:
                told = self._parameter(path)
                said = joined([told.title + same(" ") + told.value, _NOT_FIRM[entry.status]], "：", ": ")
                if told.admissible != _EMPTY:
                    said = joined([said, Text("可能为 ", "it may be ") + told.admissible], "；", "; ")
                found.append(NotFirm(path, told.title, entry.status, said))
        return tuple(found)


def _causes(blames: Iterable[Blame]) -> list[Blame]:
    """The blames in order, without those that follow from another: who has no score is not ranked."""
    found = sorted(blames)
    return [b for b in found if b.why != "outside"] or found


def _in_percent(parameter: Parameter, entry: Entry) -> bool:
    """Whether a plain fraction is a share, as soon as one of its figures lies between nothing and the whole."""
    figures: list[object] = [entry.value]
    if isinstance(entry.value, tuple):
        figures = [end for row in entry.value if isinstance(row, BandRow) for end in (row.low, row.high)]
    if entry.admissible is not None:
        figures += [entry.admissible.low, entry.admissible.high, *entry.admissible.any_of]
    return parameter.unit == ONE and any(isinstance(f, Decimal) and 0 < abs(f) < 1 for f in figures)
