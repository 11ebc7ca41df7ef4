"""Explaining: from one subject's row of a run and the rulebook's tree to sentences in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.expressions.evaluate import Blame, Stored
from qiantang.kernel.expressions.figures import NOT_APPLICABLE, UNKNOWN, grouped
from qiantang.kernel.expressions.recalling import Recalled
from qiantang.kernel.expressions.shown import shown
from qiantang.kernel.expressions.walking import bare, facts_of, walk
from qiantang.kernel.expressions.wording import Wording
from qiantang.kernel.facts.dossier import Asked, Derived, Gathered
from qiantang.kernel.findings.calling import calling, formulas, names_for
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
from qiantang.kernel.rulebooks.rulebook import Criterion, Reading
from qiantang.kernel.rulebooks.telling import admissible_told, value_told
from qiantang.kernel.sources import Status
from qiantang.kernel.words import LANGS, Text, both, joined, same

_EMPTY = same("")
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
        self.lists = calling(reading).lists
        self.names = names_for(reading, values, alone)
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
        said = NOT_APPLICABLE if self.recalled.is_void(node) else both(lambda lang: shown(node, value, lang, self.names))
        return Told(exact, unit, said)

    def _part(self, column: str, node: n.Expr | None) -> Part | None:
        if node is None:
            return None
        owner = self.names.columns.get(id(bare(node)))
        if owner is None or owner.column == column:
            numbers = both(lambda lang: self.wordings[lang].formula(node, column))
        else:
            numbers = both(lambda lang: self.wordings[lang].mention(node))
        return Part(self._told(node), formulas(self.reading)[column], numbers)

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
            formula = both(lambda lang: (self.wordings[lang] if told else self.wordings[lang].words).formula(expr))
            return _DERIVED.filled(formula=formula)
        if isinstance(entry, Gathered):
            return _GATHERED[entry.how].filled(table=entry.table.title)
        return _ASKED.filled(name=entry.name) if isinstance(entry, Asked) else _EMPTY

    def _parameter(self, path: str) -> ParameterTold:
        parameter = self.book.parameters[path]
        entry = self.reading.used.get(path) or parameter.on(self.reading.day)
        called = partial(self._called, path)
        return ParameterTold(path, parameter.title, value_told(parameter, entry, called), parameter.unit.title, entry.span.since,
                             entry.span.until, entry.source, entry.status, admissible_told(parameter, entry, called))

    def _called(self, path: str, word: str) -> Text:
        """A word of the rulebook: a code with a title, one of a fact's choices, or the name of a fact."""
        if word in self.names.codes:
            return self.names.codes[word]
        if path in self.lists:
            return self.lists[path].choice(word)
        titles = {column.name: column.title for column in self.book.dossier.columns}
        return titles.get(word) or same(word)

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
