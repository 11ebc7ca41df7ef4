"""One enterprise's own figures in, and what they say out: for everybody, without an account; nothing is kept unasked."""

from __future__ import annotations

import json
from collections.abc import Mapping

from qiantang.district.own_figures import SelfCheck, completed, figures_written
from qiantang.district.own_figures import self_check as check_alone
from qiantang.district.pages.policies import sections_of
from qiantang.district.pages.showing import asking, figure, outcome_mark, told_cell
from qiantang.district.policies import matched, policies_of
from qiantang.kernel.errors import FactsError, QiantangError
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.facts.schema import Column as FactColumn
from qiantang.kernel.pages.blocks import Banner, Block, Column, Drawn, Field, Form, Row, Section, Table, Verdict
from qiantang.kernel.pages.declaring import Act, Ask, Doing, Done, Page, Upload
from qiantang.kernel.pages.values import Address, Amount, Mark
from qiantang.kernel.rulebooks.rulebook import Role
from qiantang.kernel.words import Text, same
from qiantang.registers.dossiers import ENTERPRISE

_TITLE = Text("企业自测", "Self-check")
_ASKED = ("sector", "above_scale", "leading_industry", "tax_paid_wan", "land_mu", "value_added_wan", "main_revenue_wan", "revenue_wan", "staff_mean",
          "energy_tce", "electricity_kwh", "rd_statistical_wan", "rd_hightech_wan", "founded_on")
_YES_NO = (("yes", Text("是", "yes")), ("no", Text("否", "no")))


def draw(ask: Ask) -> Drawn:
    """The form, and below it what the figures given say by each of the district's rulebooks."""
    known = {c.name: c for c in ENTERPRISE.columns}
    given = {name: ask.asked[name] for name in _ASKED if name in known and ask.asked.get(name)}
    form = Form("", tuple(_field(known[n], given.get(n, "")) for n in _ASKED if n in known), Text("自测", "Check"), asks=True)
    kept = Banner(Text("所填数据只用于本次计算，不保存。", "What you enter is used for this answer alone and not kept."), "plain")
    sections = [Section(Text("本企业的数据", "Your own figures"), (kept, form))]
    if given:
        checked: dict[str, SelfCheck] = {}
        sections += [*_answers(ask, given, checked), *_policies(ask, given, checked)]
        if ask.may("see"):
            keep = Form("keep", (), Text("保存这份自测", "Keep this self-check"), carried=given)
            sections.append(Section(Text("需要时可保存", "Kept only if you ask"), (keep,)))
    return Drawn(_TITLE, tuple(sections), Text("只凭本企业数据；取决于其他企业的部分注明“需要全体数据”",
                                               "by your own figures alone; what depends on the others says so"))


def _field(column: FactColumn, now: str) -> Field:
    if column.kind is Kind.FLAG:
        return Field(column.name, column.title, "choice", options=_YES_NO, now=now)
    if column.choices:
        return Field(column.name, column.title, "choice", options=column.choices, now=now)
    return Field(column.name, column.title, "day" if column.kind is Kind.DAY else "number", column.unit.title, now=now)


def _answers(ask: Ask, given: dict[str, str], checked: dict[str, SelfCheck]) -> list[Section]:
    """A section for each of the district's rulebooks; what each says is put into ``checked``."""
    own = asking(ask)
    workspace = own.brain.workspace
    district, library = workspace.district, workspace.house.library
    try:
        figures = figures_written(given, ENTERPRISE)
    except FactsError as error:
        return [Section(same(""), tuple(Banner(f.told, "alarm") for f in error.faults))]
    sections = []
    for id in district.rulebooks or workspace.house.usual:
        book = library.book(id)
        day = district.law_day if district.law_day in book.document.span else book.usual_day
        try:
            found = check_alone(book.on(day), figures.facts, district.evaluation_year)
        except QiantangError as error:
            sections.append(Section(book.title, tuple(Banner(f.told, "watch") for f in error.faults)))
            continue
        checked[id] = found
        if found.explanation is not None:
            sections.append(_section(found))
    return sections


def _policies(ask: Ask, given: dict[str, str], checked: dict[str, SelfCheck]) -> tuple[Section, ...]:
    """Which policies the figures meet and nearly meet; those of the whole house, whether the district assesses them or not."""
    own = asking(ask)
    house, district = own.brain.workspace.house, own.brain.workspace.district
    try:
        figures = figures_written(given, ENTERPRISE)
    except FactsError:
        return ()  # told above, field by field
    facts, _ = completed(ENTERPRISE, figures.facts, district.law_day, district.evaluation_year)
    found = []
    for reading in policies_of(house, district, district.law_day, ENTERPRISE.name):
        before = checked.get(reading.book.id)
        if before is None or before.reading.day != reading.day:
            found.append(matched(reading, facts))
        elif before.explanation is not None:
            found.append(matched(reading, facts, before.values, before.gaps))
    return sections_of(own, [one for one in found if one is not None])


def _section(found: SelfCheck) -> Section:
    told = found.explanation
    assert told is not None
    reading = found.reading
    blocks: list[Block] = []
    score = Amount(None) if told.score is None else told_cell(told.score)
    number = score if isinstance(score, Amount) and score.value is not None else None
    if told.outcome is not None:
        blocks.append(Verdict(outcome_mark(told.outcome, reading), number, told.decided_by.why if told.decided_by is not None else same("")))
    else:
        why = Text("需要全体数据：结论取决于其他企业的名次", "needs the population: it depends on the others' places") if found.needs_population \
            else Text("未知：缺少事实", "unknown: facts are missing")
        blocks.append(Verdict(Mark(why, "watch"), number))
    columns = (Column("criterion", Text("标准", "criterion")), Column("value", Text("数值", "figure"), number=True),
               Column("points", Text("得分", "points"), number=True), Column("met", Text("是否满足", "met")),
               Column("missing", Text("缺少的事实", "what is missing")))
    rows = []
    for c in told.criteria:
        if c.role in (Role.INDICATOR, Role.CONDITION, Role.VETO) and c.applies:
            met = "" if c.met is None else Mark(Text("未知", "unknown"), "watch") if c.met.value.value is None else \
                Mark(Text("是", "yes"), "ok" if c.role is not Role.VETO else "alarm") if c.met.value.value else Mark(Text("否", "no"), "plain")
            rows.append(Row((c.title, told_cell(c.value.value if c.value else None), told_cell(c.points.value if c.points else None), met,
                             c.unknown[0] if c.unknown else "")))
    blocks.append(Table(f"check-{reading.book.id.replace('/', '-')}", columns, tuple(rows), exports=False))
    if found.gaps:
        titles = {c.id: c.title for c in reading.outline.criteria}
        gaps = tuple(Row((titles[g.criterion], g.column.title, figure(None if g.now is None else g.column.type.decimal(g.now), g.column.type.unit),
                          figure(g.column.type.decimal(g.needed), g.column.type.unit))) for g in found.gaps)
        distances = (Column("condition", Text("未满足的条件", "condition not met")), Column("fact", Text("事实", "fact")),
                     Column("now", Text("现值", "now"), number=True), Column("needed", Text("需达到", "needed"), number=True))
        blocks.append(Table(f"gaps-{reading.book.id.replace('/', '-')}", distances, gaps, exports=False))
    return Section(reading.book.title, tuple(blocks), reading.status.label, span=6)


def _keep(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    """The figures kept under the hash of their content, with an entry in the log: only where somebody asks for it."""
    given = {name: str(values[name]) for name in _ASKED if values.get(name)}
    if not given:
        raise FactsError.of("没有可保存的数据", "there is nothing to keep", remedy=Text("请先填写并自测。", "Fill the form in and check first."))
    figures_written(given, ENTERPRISE)
    reference = doing.keep_file(f"self-check-{doing.today}.json", json.dumps(given, ensure_ascii=False, sort_keys=True).encode())
    doing.log("self-check.kept", f"self-check:{reference[:16]}", {"file": reference})
    return Done(Address("self-check", tuple(given.items())), Text(f"已保存，编号 {reference[:16]}。", f"Kept under {reference[:16]}."))


PAGE = Page("self-check", _TITLE, draw, asks=_ASKED, public=True, menu=80, acts=(Act("keep", Text("保存自测", "keep the self-check"), "see", _keep),))
