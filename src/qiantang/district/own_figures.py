"""One enterprise judged by its own figures alone: what its figures decide is told, what needs the others is said to need them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path

from qiantang.kernel.errors import FactsError, Fault, Place, raise_all
from qiantang.kernel.expressions.evaluate import Evaluation, Stored
from qiantang.kernel.expressions.nodes import constant
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.facts.cells import read_cell
from qiantang.kernel.facts.dossier import Dossier, Gathered
from qiantang.kernel.facts.headers import Headers, Unread
from qiantang.kernel.facts.schema import Column, Table
from qiantang.kernel.findings.explaining import explained
from qiantang.kernel.findings.explanation import Explanation
from qiantang.kernel.findings.judging import judged
from qiantang.kernel.findings.lifting import Change, gap_columns, single_changes
from qiantang.kernel.rulebooks.rulebook import Reading
from qiantang.kernel.units import Unit
from qiantang.kernel.words import Text, same

SELF = "self-check"
"""What the one enterprise is called where it gives no credit code."""


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """Figures as handed in, by fact; ``unread`` are names that are no fact of the dossier."""

    facts: Mapping[str, Stored]
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """A condition that is not met, and the value one of its facts needs."""

    criterion: str
    column: Column
    now: int | None
    needed: int


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """What one rulebook says of the enterprise alone.

    ``needs_population`` says that the outcome depends on all others; ``assumed`` are the facts of registers taken as
    "nothing on record"; ``lifts`` the figures that alone bring the score to ``lift_to``; ``values`` the columns as judged.
    """

    reading: Reading
    applies: bool | None
    explanation: Explanation | None
    needs_population: bool
    gaps: tuple[Gap, ...]
    assumed: tuple[str, ...]
    lift_to: Decimal | None = None
    lifts: tuple[Change, ...] = ()
    values: Mapping[str, Stored] = field(default_factory=dict)


# --- figures as a person hands them in ---


def figures_written(pairs: Mapping[str, object], dossier: Dossier, file: str = "") -> OwnFigures:
    """Figures by name or title, in the unit that the name or the value states; FactsError names everything unreadable."""
    names = list(pairs)
    headers = Headers([_as_table(dossier)])
    layout = headers.recognised(file, dossier.title.zh, [names])
    if layout is None:
        table = _as_table(dossier)
        near = [(name, headers.nearest(table, name)) for name in names]
        raise FactsError(*(_unknown(Unread(0, name, _STRANGE, None if meant is None else meant.title), file) for name, meant in near))
    faults = [*layout.faults, *(_unknown(u, file) for u in layout.unread)]
    facts: dict[str, Stored] = {}
    for headed in layout.headed:
        value, fault = _read(headed.column, pairs[headed.header if headed.header in pairs else names[headed.position]], headed.unit,
                             Place(file, path=headed.header))
        facts[headed.column.name] = value
        faults += [fault] if fault is not None else []
    raise_all(FactsError, faults)
    return OwnFigures(facts)


def figures_in(path: Path, dossier: Dossier, tables: Sequence[Table]) -> OwnFigures:
    """Figures from a YAML or JSON file of names and values, or the first row of each sheet of a filled template."""
    if not path.is_file():
        raise FactsError.of("没有这个文件", "there is no such file", place=Place(str(path)), value=str(path))
    if path.suffix.lower() in (".yaml", ".yml", ".json"):
        return figures_written(_mapping(path), dossier, path.name)
    return _from_sheets(path, dossier, tables)


def _mapping(path: Path) -> Mapping[str, object]:
    import yaml

    try:
        text = path.read_text(encoding="utf-8-sig")
        found = json.loads(text, parse_float=Decimal) if path.suffix.lower() == ".json" else yaml.load(text, Loader=yaml.BaseLoader)
    except (UnicodeDecodeError, ValueError, yaml.YAMLError) as wrong:
        raise FactsError.of(f"文件读不懂：{wrong}", f"the file cannot be read: {wrong}", place=Place(path.name)) from wrong
    if not isinstance(found, dict) or not found:
        raise FactsError.of("文件应为“名称: 数值”各占一行", "the file must hold names and values", place=Place(path.name))
    return {str(name): value for name, value in found.items()}


def _from_sheets(path: Path, dossier: Dossier, tables: Sequence[Table]) -> OwnFigures:
    from qiantang.links.files import sheets_of

    known = {c.name for c in dossier.columns}
    headers = Headers(tables)
    facts: dict[str, Stored] = {}
    faults: list[Fault] = []
    unread: list[Unread] = []
    for sheet in sheets_of(path, path.name):
        layout = headers.recognised(sheet.file, sheet.name, sheet.rows)
        if layout is None:
            continue
        rows = [(n, r) for n, r in enumerate(sheet.rows) if n > layout.header_row and any(c not in (None, "") for c in r)]
        unread += layout.unread
        if not rows:
            continue
        number, row = rows[0]
        for headed in layout.headed:
            raw = row[headed.position] if headed.position < len(row) else None
            if raw in (None, "") or headed.column.name not in known:
                continue
            value, fault = _read(headed.column, raw, headed.unit, Place(path.name, sheet.name, number + 1, headed.header))
            facts[headed.column.name] = value
            faults += [fault] if fault is not None else []
    raise_all(FactsError, faults)
    if not facts:
        raise FactsError.of("工作簿中没有可用的事实", "the workbook holds no fact that is known here", place=Place(path.name),
                            remedy=Text("模板：qiantang template PATH。", "For a template: qiantang template PATH."))
    return OwnFigures(facts, tuple(unread))


_STRANGE = Text("不是已知的事实", "is no fact that is known")


def _as_table(dossier: Dossier) -> Table:
    return Table(f"{dossier.name}_figures", dossier.title, dossier.columns, (dossier.subject,), dossier.subject)


def _unknown(unread: Unread, file: str) -> Fault:
    remedy = same("") if unread.suggestion is None else Text("是否为：", "Did you mean: ") + unread.suggestion
    return Fault(Text(f"“{unread.header}”{unread.why.zh}", f"'{unread.header}' {unread.why.en}"), Place(file), unread.header, "fact", remedy)


def _read(column: Column, raw: object, unit: Unit | None, place: Place) -> tuple[Stored, Fault | None]:
    if raw is None:
        return None, None
    reading = read_cell(column, str(raw).strip(), unit)
    if reading.why is not None:
        return None, Fault(reading.why.message.filled(value=raw), place, raw, str(reading.why), reading.why.remedy)
    value, kind = reading.value, column.type
    if isinstance(value, int) and not isinstance(value, bool) and kind.is_number and not kind.low <= value <= kind.high:
        low, high = column.low, column.high
        return None, Fault(Text(f"{raw} 超出 {low} 至 {high} {column.unit.title.zh}", f"{raw} is outside {low} to {high} {column.unit.title.en}"), place, raw,
                           "range", Text("核对数值与单位。", "Check the figure and its unit."))
    if column.choices and value is not None and value not in {c for c, _ in column.choices}:
        listed = Text("、".join(t.zh for _, t in column.choices), ", ".join(t.en for _, t in column.choices))
        return None, Fault(Text(f"“{raw}”不在代码表中", f"'{raw}' is not in the list"), place, raw, "choice", Text("可填：", "One of: ") + listed)
    return value, None


# --- judged alone ---


def self_check(reading: Reading, given: Mapping[str, Stored], year: int, lift_to: Decimal | None = None) -> SelfCheck:
    """Judge one enterprise without any other. What only the population decides stays unknown and is said to need it."""
    dossier = reading.book.dossier
    facts, assumed = completed(dossier, given, reading.day, year)
    wanted = {f.column.name for f in reading.facts}
    found = judged(reading, [facts], alone=True)[0]
    used = tuple(name for name in assumed if name in wanted)
    if found is None:
        return SelfCheck(reading, False, None, False, (), used)
    explanation = explained(reading, str(facts[dossier.subject]), found.values, facts, {}, alone=True)
    blames = {blame.why for blame in found.blames.get("outcome", ())}
    target, lifts = _lifts(reading, facts, lift_to)
    return SelfCheck(reading, explanation.applies, explanation, "population" in blames, gaps(reading, facts), used, target, lifts,
                     found.values)


def completed(dossier: Dossier, given: Mapping[str, Stored], day: date, year: int) -> tuple[dict[str, Stored], list[str]]:
    """The whole dossier of one enterprise: counts and yes-or-no facts of registers that were not given stand for
    "nothing on record", derived facts are worked out; also the names that were filled so."""
    facts: dict[str, Stored] = {c.name: None for c in dossier.columns}
    assumed = []
    for gathered in dossier.gathered:
        if gathered.column.name not in given and gathered.how in ("count", "any"):
            facts[gathered.column.name] = nothing_on_record(gathered)
            assumed.append(gathered.column.name)
    facts |= given
    facts[dossier.subject] = facts[dossier.subject] or SELF
    if dossier.base.period is not None and facts[dossier.base.period] is None:
        facts[dossier.base.period] = year
    evaluation = Evaluation([facts], day, alone=True)
    for derived in dossier.derived:
        if derived.column.name not in given:
            facts[derived.column.name] = evaluation.stored(derived.expr)[0]
    return facts, assumed


def nothing_on_record(gathered: Gathered) -> Stored:
    """What a gathered count or test says where its register has no row."""
    return 0 if gathered.column.kind is Kind.NUMBER else False


def gaps(reading: Reading, facts: Mapping[str, Stored]) -> tuple[Gap, ...]:
    """The conditions not met, and for each of their facts the value that would do."""
    evaluation = Evaluation([facts], reading.day, alone=True)
    found = []
    for criterion, gap in gap_columns(reading):
        needed = evaluation.of(gap.bound.value)[0]
        now = facts.get(gap.column.name)
        if isinstance(needed, Decimal):
            stored = _up(needed, gap.column, gap.bound.sense)
            found.append(Gap(criterion, gap.column, now if isinstance(now, int) else None, stored))
    return tuple(found)


def _up(needed: Decimal, column: Column, sense: str) -> int:
    """The needed value in the fact's own smallest unit, on the safe side."""
    return int(needed.scaleb(column.scale).to_integral_value(ROUND_CEILING if sense == "at_least" else ROUND_FLOOR))


def _lifts(reading: Reading, facts: Mapping[str, Stored], asked: Decimal | None) -> tuple[Decimal | None, tuple[Change, ...]]:
    """The figures that alone bring the score to a number of points; by default to the next full ten."""
    score = reading.score
    if score is None:
        return None, ()
    now = Evaluation([facts], reading.day, alone=True).of(score)[0]
    if not isinstance(now, Decimal):
        return None, ()
    target = asked if asked is not None else Decimal((int(now) // 10 + 1) * 10)
    return target, tuple(single_changes(score, constant(target, score.type.unit), facts, reading.day))

