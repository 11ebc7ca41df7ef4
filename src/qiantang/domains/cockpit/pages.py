"""The cockpit's pages: the front of the house, one indicator, and the plan by its dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from qiantang.domains.cockpit.lots import place_in
from qiantang.domains.cockpit.standing import Standing, standing
from qiantang.kernel.actions.cases import Case
from qiantang.kernel.actions.ports import CaseQuery
from qiantang.kernel.errors import SubjectError
from qiantang.kernel.expressions.figures import unit_name
from qiantang.kernel.pages.blocks import (
    Area,
    Banner,
    Block,
    Card,
    Cards,
    Column,
    Drawn,
    Facts,
    Lines,
    Lot,
    Map,
    Prose,
    Row,
    Section,
    Series,
    Table,
    Trend,
)
from qiantang.kernel.pages.declaring import Ask, Page, Tallied
from qiantang.kernel.pages.values import Amount, Cell, Link, Mark, to
from qiantang.kernel.units import unit
from qiantang.kernel.words import Text, same

_TITLE = Text("驾驶舱", "Cockpit")
_LOTS = "land_lots"
_MOST_CARDS = 6
_MOST_DUE = 8
_DIGITS = 2
_WAN_PER_MU = Text("万元/亩", "10k yuan/mu")
_LOW, _CLASS = "land.low_efficiency", "land.mu_class"


def draw(ask: Ask) -> Drawn:
    """Are we on target, where not, and who must act: the first screen answers these."""
    standings = [standing(ask, i) for i in ask.district.indicators]
    headline = [s for s in standings if s.indicator.headline][:_MOST_CARDS]
    others = [s for s in standings if s not in headline]
    sections = [Section(same(""), (Cards(tuple(card(s) for s in headline)),), name="indicators")]
    if not ask.runs():
        said = Text("尚未评价：先交来工作簿，再进行评价。", "Nothing has been assessed yet: hand in workbooks, then assess.")
        sections.insert(0, Section(same(""), (Banner(said, "watch", (Link(Text("去交工作簿", "Hand in workbooks"), to("door")),)),)))
    sections += [s for s in (_red_tile(ask), _must_act(ask), _map(ask), _platforms(ask), _industries(ask)) if s is not None]
    if others:
        sections.append(Section(Text("其他指标", "Further indicators"), (Cards(tuple(card(s) for s in others)),)))
    where = ask.district.name if ask.sees_everybody() else ask.district.name + Text(" · 只含您可见的范围", " · only what your account sees")
    title = _headline(standings) if ask.runs() else Text("尚未评价", "Not assessed yet")
    return Drawn(title, tuple(sections), where, links=(Link(Text("行动方案", "The plan"), to("plan")),), as_of=ask.today)


def _headline(standings: Sequence[Standing]) -> Text:
    aimed = [s for s in standings if s.aim is not None and s.now is not None]
    behind = [s for s in aimed if s.tone in ("watch", "alarm")]
    if not aimed:
        return Text("尚无可对照目标的指标", "No indicator can be held against a target yet")
    if not behind:
        return Text(f"{len(aimed)} 项有目标的指标均在进度上", f"All {len(aimed)} indicators with a target are on their path")
    zh, en = "、".join(s.indicator.title.zh for s in behind), ", ".join(s.indicator.title.en for s in behind)
    return Text(f"{len(aimed)} 项有目标的指标中 {len(behind)} 项落后：{zh}", f"{len(behind)} of {len(aimed)} indicators with a target are behind: {en}")


def amount(s: Standing, value: Decimal | None, signed: bool = False) -> Amount:
    """A value of the indicator as its unit has it."""
    of = s.indicator.unit
    if of == unit("%"):
        whole = None if value is None else value / 100
        return Amount(whole, decimals=_DIGITS, percent=not signed, points=signed, signed=signed)
    digits = 0 if value is not None and value == value.to_integral_value() else _DIGITS
    return Amount(value, Text(unit_name(of, "zh"), unit_name(of, "en")), digits, signed=signed)


def card(s: Standing) -> Card:
    """An indicator as a card."""
    now = s.now
    change = s.change
    basis = same("") if len(s.points) < 2 else Text(f"较 {s.points[-2].period} 年", f"on {s.points[-2].period}")
    notes = []
    if s.stale and now is not None:
        notes.append(Text(f"数据已超过应有的更新期（{now.period}）", f"older than it should be ({now.period})"))
    elif now is not None and not now.found:
        notes.append(now.source)
    trend = None
    if len(s.points) > 1:
        periods = s.points[-12:]
        ahead = (s.projected,) if s.projected is not None else ()
        trend = Trend(tuple(p.period for p in periods), tuple(p.value for p in periods), ahead, _ASSUMED)
    goal = s.aim.goal if s.aim is not None else None
    return Card(s.indicator.code, s.indicator.title, amount(s, None if now is None else now.value), to("indicator", indicator=s.indicator.code),
                None if goal is None else amount(s, goal[1]), None if goal is None or goal[0] is None else _year_end(goal[0]), s.progress,
                None if s.expected is None else amount(s, s.expected.quantize(Decimal("0.1"))), None if change is None else amount(s, change, signed=True),
                basis, s.indicator.better, trend, None if now is None else now.as_of, s.tone, notes[0] if notes else same(""),
                (s.aim is not None and s.aim.placeholder) or (now is not None and now.placeholder))


_ASSUMED = Text("按首末两期的年均变动外推", "the mean yearly change from the first to the last value goes on")


def _year_end(year: int) -> date:
    return date(year, 12, 31)


# --- what must be done ---


def _red_tile(ask: Ask) -> Section | None:
    """How many enterprises stand under the floor, on how much land: the way in to the best five minutes."""
    found = ask.tally(_LOW, sums=("land_mu",))
    if not found or not found[0].holds:
        return None
    low = found[0]
    land = low.sums_held.get("land_mu", Decimal(0))
    said = Text(f"{low.holds:,} 家企业亩均税收不足 5 万元，占地 {land:,.0f} 亩",
                f"{low.holds:,} enterprises pay less than 50,000 yuan per mu, on {land:,.0f} mu")
    links = (Link(Text("查看名单", "See the list"), to("evaluation", rulebook=low.rulebook, outcome="low")),
             Link(Text("查看案件", "See the cases"), to("cases", process="lowland")), Link(Text("五分钟导览", "A tour of five minutes"), to("tour")))
    return Section(same(""), (Banner(said, "alarm", links),), name="red-tile")


def _must_act(ask: Ask) -> Section:
    """The cases that are overdue or next due, by deadline."""
    overdue = ask.count_cases(CaseQuery(overdue_on=ask.today))
    found = [c for c in ask.cases(CaseQuery(by_deadline=True, limit=_MOST_DUE)) if c.due is not None and c.due.day is not None]
    columns = (Column("case", Text("案号", "case")), Column("who", Text("对象", "subject")), Column("owner", Text("责任方", "owner")),
               Column("due", Text("期限", "deadline")), Column("left", Text("剩余天数", "days left"), number=True))
    rows = tuple(Row((c.id, same(str(c.payload.get("name") or c.subject)), "" if c.owner is None else _owner(ask, c), _due(c),
                      Amount((_due(c) - ask.today).days)), to("case", case=c.id), "alarm" if c.overdue_on(ask.today) else "plain") for c in found)
    title = Text(f"谁要办：{overdue:,} 件逾期", f"Who must act: {overdue:,} overdue") if overdue \
        else Text("谁要办：没有逾期", "Who must act: nothing is overdue")
    return Section(title, (Table("due", columns, rows, exports=False, empty=Text("没有在办案件。", "No case is open."),
                                 empty_to=Link(_TITLE, to("cockpit"))),), Text("按期限先后", "nearest deadline first"), span=7)


def _due(case: Case) -> date:
    assert case.due is not None
    assert case.due.day is not None
    return case.due.day


def _owner(ask: Ask, case: Case) -> Cell:
    assert case.owner is not None
    scope = dict(ask.district.platforms).get(case.owner.scope)
    return scope if scope is not None else case.owner.role


# --- where ---


def _ratio(t: Tallied) -> Decimal | None:
    tax, land = t.sums.get("tax_paid_wan"), t.sums.get("land_mu")
    return tax / land if tax is not None and land else None


def _map(ask: Ask) -> Section | None:
    """Tax per mu by sub-district on a schematic map."""
    found = {t.key: t for t in ask.tally(_CLASS, "subdistrict", ("tax_paid_wan", "land_mu"))}
    if not found or not ask.district.tiles:
        return None
    titles = dict(ask.district.sub_districts)
    areas = []
    for code, column, row in ask.district.tiles:
        title = titles.get(code, same(code))
        tally = found.get(title.zh) or found.get(code)
        value = None if tally is None else _ratio(tally)
        shape = ask.district.boundaries.shapes.get(code, ()) if ask.district.boundaries is not None else ()
        areas.append(Area(code, title, Amount(value, _WAN_PER_MU, 1), column, row, to("evaluation", subdistrict=title.zh), shape=shape))
    known = sorted(a.value.value for a in areas if a.value.value is not None)
    usual = (Decimal(10), Decimal(20), Decimal(30))
    levels = tuple(Decimal(known[len(known) * n // 5]).quantize(Decimal(1)) for n in (1, 2, 3, 4)) if len(known) >= 5 else usual
    lots, drawn = _lots(ask, areas), ask.district.boundaries
    picture = Map("map", tuple(areas), tuple(sorted(set(levels))), _WAN_PER_MU, lots) if drawn is None else Map(
        "map", tuple(areas), tuple(sorted(set(levels))), _WAN_PER_MU, lots, drawn.outline, drawn.aspect)
    rough = Text("示意位置，非测绘边界", "rough places, no surveyed boundary") if drawn is None \
        else Text(f"边界来自 {drawn.source}", f"boundaries from {drawn.source}") if drawn.shapes \
        else Text(f"区界轮廓来自 {drawn.source}，街道为示意位置", f"outline from {drawn.source}, sub-districts in rough places")
    points = Text(f"；圆点为 {len(lots):,} 家低效企业的用地（位置示意）", f"; dots: land of {len(lots):,} low-efficiency enterprises (places rough)") \
        if lots else same("")
    return Section(Text("各街道亩均税收", "Tax per mu by sub-district"), (picture,),
                   Text("万元/亩；", "10k yuan/mu; ") + rough + points, span=5)


def _lots(ask: Ask, areas: Sequence[Area]) -> tuple[Lot, ...]:
    """The land of the low-efficiency enterprises as points in their sub-districts, larger ones as larger points."""
    found = ask.view(_LOTS)
    if found is None or not areas:
        return ()
    by_name = {word: a for a in areas for word in (a.code, a.title.zh, a.title.en)}
    columns, first = max(a.column for a in areas) + 1, min(a.row for a in areas)
    rows = max(a.row for a in areas) + 1 - first
    lots = []
    most = max((Decimal(str(r["land_mu"] or 0)) for r in found.rows), default=Decimal(0))
    for row in found.rows:
        area = by_name.get(str(row["subdistrict"]))
        if area is None:
            continue
        x, y = place_in(area, str(row["uscc"]), columns, rows, first)
        size = (Decimal(str(row["land_mu"] or 0)) / most).sqrt().quantize(Decimal("0.01")) if most else Decimal(0)
        lots.append(Lot(Decimal(str(round(x, 4))), Decimal(str(round(y, 4))), size, same(str(row["name"] or row["uscc"])), "alarm",
                        to("enterprise", subject=row["uscc"], rulebook=found.reading.book.id)))
    return tuple(lots)


def _groups(ask: Ask, by: str, titles: Sequence[tuple[str, Text]]) -> tuple[tuple[Row, ...], int, Decimal]:
    """A row for each group: enterprises, tax, land, tax per mu as a ratio of sums, the low ones, the high-tech ones."""
    classes = {t.key: t for t in ask.tally(_CLASS, by, ("tax_paid_wan", "land_mu", "main_revenue_wan"))}
    low = {t.key: t for t in ask.tally(_LOW, by, ("land_mu",))}
    tech = {t.key: t for t in ask.tally("enterprises.high_tech", by)}
    revenue = sum((t.sums.get("main_revenue_wan", Decimal(0)) for t in classes.values()), Decimal(0))
    rows, shares = [], []
    for code, title in titles:
        t = classes.get(code)
        own = t.sums.get("main_revenue_wan", Decimal(0)) if t is not None else Decimal(0)
        shares.append(own / revenue if revenue else Decimal(0))
        held = low.get(code)
        rows.append(Row((title, Amount(t.known if t else 0), Amount(own, money=True), Amount(shares[-1], decimals=1, percent=True),
                         Amount(None if t is None else _ratio(t), decimals=1), Amount(held.holds if held else 0),
                         Amount(held.sums_held.get("land_mu", Decimal(0)) if held else Decimal(0), decimals=0),
                         Amount(tech[code].holds if code in tech else 0)),
                        to("evaluation", **{by: code})))
    most = sorted(shares, reverse=True)[:6]
    return tuple(rows), len([s for s in shares if s > 0]), sum(most, Decimal(0))


_GROUP_COLUMNS = (Column("enterprises", Text("参评企业", "evaluated"), number=True),
                  Column("revenue", Text("主营业务收入", "main revenue"), number=True), Column("share", Text("占比", "share"), number=True),
                  Column("tax_per_mu", Text("亩均税收", "tax per mu"), _WAN_PER_MU, number=True),
                  Column("low", Text("低效企业", "low-efficiency"), number=True),
                  Column("low_mu", Text("低效用地", "on land"), Text("亩", "mu"), number=True), Column("tech", Text("高新企业", "high-tech"), number=True))


def _platforms(ask: Ask) -> Section | None:
    rows, many, six = _groups(ask, "platform", ask.district.platforms)
    if not many:
        return None
    share = f"{six * 100:.1f}"
    title = Text(f"{len(rows)} 个平台：前六个占 {share}%", f"{len(rows)} platforms: the first six hold {share} %") if ask.sees_everybody() \
        else Text("各平台（只含您可见的企业）", "Platforms (only the enterprises you see)")
    table = Table("platforms", (Column("platform", Text("平台", "platform")), *_GROUP_COLUMNS), rows)
    return Section(title, (table,), Text("亩均为总量之比，不是均值的均值", "per-mu figures are ratios of sums, not means of means"))


def _industries(ask: Ask) -> Section | None:
    rows, many, _ = _groups(ask, "leading_industry", ask.district.leading_industries)
    if not many:
        return None
    table = Table("industries", (Column("industry", Text("主导产业", "leading industry")), *_GROUP_COLUMNS), rows)
    return Section(Text(f"{len(rows)} 个主导产业", f"{len(rows)} leading industries"), (table,))


# --- one indicator, and the plan ---


def draw_indicator(ask: Ask) -> Drawn:
    """One indicator; SubjectError where there is none of that code."""
    code = ask.asked.get("indicator", "")
    found = next((i for i in ask.district.indicators if i.code == code), None)
    if found is None:
        raise SubjectError.of(f"没有指标 {code}", f"there is no indicator {code}", value=code)
    s = standing(ask, found)
    facts: list[tuple[Text, Cell]] = [(Text("含义", "definition"), found.definition)]
    if s.aim is not None:
        facts += [(Text("目标", "target"), amount(s, s.aim.goal[1])), (Text("目标年份", "by"), "—" if s.aim.goal[0] is None else str(s.aim.goal[0])),
                  (Text("目标出处", "source of the target"), s.aim.source)]
    if s.expected is not None:
        facts.append((Text("按直线进度应为", "a straight path expects"), amount(s, s.expected)))
    if s.projected is not None:
        facts.append((Text("按现有变动到期为（假设）", "at the present change it would be (assumption)"), amount(s, s.projected)))
    columns = (Column("period", Text("期", "period")), Column("value", Text("数值", "value"), number=True), Column("as_of", Text("截至", "as of")),
               Column("source", Text("来源", "source")))
    rows = tuple(Row((p.period, amount(s, p.value), p.as_of, p.source)) for p in s.points)
    blocks: list[Block] = [Cards((replace(card(s), to=None),)), Facts(tuple(facts))]
    sections = [Section(Text("现状", "Where it stands"), tuple(blocks), span=5)]
    if len(s.points) > 1:
        lines = Lines("trend", tuple(p.period for p in s.points), (Series(found.title, tuple(p.value for p in s.points)),),
                      Text(unit_name(found.unit, "zh"), unit_name(found.unit, "en")))
        sections.append(Section(Text("走势", "Trend"), (lines,), footer=_ASSUMED, span=7))
    sections.append(Section(Text("数值与来源", "Values and sources"), (Table("values", columns, rows),), span=7))
    if s.tally is not None:
        where = Prose(((Text(f"由规则 {s.tally.rulebook} 的结论汇总：已知 {s.tally.known:,} 家，其中 {s.tally.holds:,} 家符合。",
                             f"Worked out of the findings of {s.tally.rulebook}: known of {s.tally.known:,}, true of {s.tally.holds:,}."),
                        to("evaluation", rulebook=s.tally.rulebook)),))
        sections.append(Section(Text("背后的结论", "The findings behind it"), (where,)))
    return Drawn(found.title, tuple(sections), crumbs=(Link(_TITLE, to("cockpit")),), as_of=ask.today)


def draw_plan(ask: Ask) -> Drawn:
    """The plan by its dimensions, placeholders marked."""
    standings = {i.code: standing(ask, i) for i in ask.district.indicators}
    columns = (Column("target", Text("目标", "target")), Column("start", Text("起点", "start"), number=True), Column("now", Text("现值", "now"), number=True),
               Column("goal", Text("目标值", "to reach"), number=True), Column("year", Text("年份", "by")), Column("state", Text("状态", "state")),
               Column("source", Text("出处", "source")))
    sections = []
    for code, title, placeholder in ask.district.dimensions:
        rows = []
        for aim in ask.district.aims:
            if aim.dimension != code:
                continue
            of = Text(unit_name(aim.unit, "zh"), unit_name(aim.unit, "en"))
            s = standings.get(aim.code)
            now = None if s is None or s.now is None else s.now.value
            state = Mark(_STATES[s.tone if s is not None else "off"], s.tone if s is not None else "off")
            rows.append(Row((aim.title, Amount(aim.start[1], of) if aim.start else "", Amount(now, of, _DIGITS if now is not None and now % 1 else 0),
                             Amount(aim.goal[1], of), "" if aim.goal[0] is None else str(aim.goal[0]), state, aim.source),
                            to("indicator", indicator=aim.code) if aim.code in standings else None))
        said = title + (Text("（占位）", " (placeholder)") if placeholder else same(""))
        empty = Text("出处未写明，待填。", "Not named in the source; to be filled.")
        sections.append(Section(said, (Table(f"plan-{code}", columns, tuple(rows), empty=empty),)))
    return Drawn(Text("行动方案：六个维度", "The plan: six dimensions"), tuple(sections), Text("在 district.yaml 中编辑", "edited in district.yaml"),
                 (Link(_TITLE, to("cockpit")),), as_of=ask.today, rests_on_placeholder=True)


_STATES = {"ok": Text("在进度上", "on its path"), "watch": Text("落后", "behind"), "alarm": Text("须处置", "act now"), "off": Text("无数据", "no value"),
           "plain": Text("未定年份", "no year set")}

PAGES = (Page("cockpit", _TITLE, draw, menu=0), Page("indicator", Text("指标", "Indicator"), draw_indicator, path=("indicator",)),
         Page("plan", Text("行动方案", "The plan"), draw_plan))
