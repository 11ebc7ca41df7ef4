"""One subject under one rulebook: the answer, how it came about, clause, fact and source row, and what would lift it."""

from __future__ import annotations

from decimal import Decimal

from qiantang.district.asking import Asking
from qiantang.district.histories import history_of
from qiantang.district.inquiries import Inquiry, Lift, ProvedChange
from qiantang.district.pages.evaluation import nothing_assessed, run_foot
from qiantang.district.pages.policies import section_on_enterprise
from qiantang.district.pages.showing import acted_on, asking, code_title, outcome_mark, told_cell, unit_text
from qiantang.kernel.actions.ports import CaseQuery
from qiantang.kernel.errors import QiantangError
from qiantang.kernel.findings.explanation import CriterionTold, Explanation, Told
from qiantang.kernel.pages.blocks import (
    Banner,
    Block,
    Column,
    Drawn,
    Event,
    Facts,
    Field,
    Folded,
    Form,
    Prose,
    Row,
    Section,
    Step,
    Table,
    Timeline,
    Verdict,
    Waterfall,
)
from qiantang.kernel.pages.declaring import Ask, Page
from qiantang.kernel.pages.values import Amount, Cell, Link, Mark, Tone, to
from qiantang.kernel.rulebooks.rulebook import Role
from qiantang.kernel.words import Text, same

_TITLE = Text("企业", "Enterprise")
_GOOD = Decimal("0.6")


def draw(ask: Ask) -> Drawn:
    """The subject's page; SubjectError where the asker sees no such subject."""
    own = asking(ask)
    assessed = own.brain.workspace.assessed
    if not assessed:
        return nothing_assessed(_TITLE)
    asked = ask.asked.get("subject", "")
    inquiry = own.inquiry(ask.asked.get("rulebook") or assessed[0], ask.asked.get("run"))
    code = inquiry.subject(asked)
    outcomes = _outcomes(own, code)
    if "rulebook" not in ask.asked and outcomes and all(one.book.id != inquiry.book.id for one, _ in outcomes):
        inquiry = outcomes[0][0]
    told = inquiry.explain(code)
    facts = inquiry.facts(code)
    where = [code_title(inquiry.dossier.column(n), str(facts[n]), ask) for n in ("platform", "subdistrict", "leading_industry") if facts.get(n)]
    subtitle = Text(" · ".join([code, *(w.zh for w in where)]), " · ".join([code, *(w.en for w in where)]))
    sections = [_answer(own, inquiry, told), _made_up(told), _lift(own, inquiry, code, told), _criteria(inquiry, told), _sources(told),
                _others(own, inquiry, code, outcomes), section_on_enterprise(own, code, outcomes), _cases(own, code),
                _history(own, code, inquiry.book.id), _not_firm(told)]
    crumbs = (Link(inquiry.book.title, to("evaluation", rulebook=inquiry.book.id)),)
    links = [Link(Text("告知书", "Letter"), to("letter", subject=code, rulebook=inquiry.book.id)),
             Link(Text("政策匹配", "Policies"), to("policies", subject=code)),
             Link(Text("提出异议", "Object"), to("objection-new", subject=code, rulebook=inquiry.book.id))]
    return Drawn(same(str(facts.get("name") or code)), tuple(s for s in sections if s is not None), subtitle, crumbs,
                 tuple(link for link in links if link.to.page in own.brain.offered), inquiry.run.known_at, not told.weakest.firm)


def _outcomes(ask: Asking, code: str) -> list[tuple[Inquiry, str | None]]:
    """What every assessed rulebook that judged the subject says of it: all runs in one question."""
    inquiries = [ask.inquiry(id) for id in ask.brain.workspace.assessed]
    d = ask.reads.engine.dialect
    parts = [f"SELECT {n} AS n, {d.quoted('outcome')} AS outcome FROM {ask.reads.findings(i.run, i.reading)} AS r{n} "
             f"WHERE {d.quoted(i.dossier.subject)} = {d.string(code)}" for n, i in enumerate(inquiries)]
    found = {row["n"]: row["outcome"] for row in ask.reads.engine.rows(" UNION ALL ".join(parts))} if parts else {}
    return [(inquiry, None if found[n] is None else str(found[n])) for n, inquiry in enumerate(inquiries) if n in found]


def _answer(ask: Asking, inquiry: Inquiry, told: Explanation) -> Section:
    mark = outcome_mark(told.outcome, inquiry.reading, acted_on(ask, inquiry.book.form.name))
    score = None
    if told.score is not None and isinstance(told.score.value, str):
        score = Amount(Decimal(told.score.value), decimals=2)
    because = _loss(told) or (told.decided_by.why if told.decided_by is not None else same(""))
    facts: list[tuple[Text, Cell]] = [(Text("规则", "rulebook"), Link(told.title, to("rulebook", rulebook=told.rulebook)))]
    if told.standing is not None:
        place = f"{told.standing.place:,}" + (f" / {told.standing.of:,}" if told.standing.of else "")
        pool = told.standing.pool.said if told.standing.pool is not None else same("")
        facts.append((Text("名次", "place"), Text(f"{place}（{pool.zh}）" if pool.zh else place, f"{place} ({pool.en})" if pool.en else place)))
    if told.decided_by is not None:
        clause = told.decided_by.clause
        facts.append((Text("取决于", "due to"), Text(told.decided_by.title.zh + (f"（{clause}）" if clause else ""),
                                                     told.decided_by.title.en + (f" ({clause})" if clause else ""))))
    facts.append((Text("可信程度", "status"), Mark(told.weakest.label, "plain" if told.weakest.firm else "watch")))
    blocks: tuple[Block, ...] = (Verdict(mark, score, because), Facts(tuple(facts)))
    if told.unknown:
        why = Text("；".join(t.zh for t in told.unknown), "; ".join(t.en for t in told.unknown))
        return Section(Text("评价结论", "The answer"), (Banner(Text("为何不能判定：", "Why it cannot be told: ") + why, "watch"), *blocks), span=4)
    return Section(Text("评价结论", "The answer"), blocks, span=4)


def _loss(told: Explanation) -> Text | None:
    """The criterion with the most points missing, and the points."""
    worst: tuple[Decimal, Text] | None = None
    for criterion in told.criteria:
        most, points = _most(criterion), _number(criterion.points.value if criterion.points else None)
        if most is not None and points is not None and (worst is None or most - points > worst[0]):
            worst = (most - points, criterion.title)
    if worst is None or worst[0] <= 0:
        return None
    missing = f"{worst[0]:.1f}"
    return Text(f"失分最多：{worst[1].zh}，差 {missing} 分。", f"Most is lost on {worst[1].en}: {missing} points short.")


def _most(criterion: CriterionTold) -> Decimal | None:
    """The points a criterion can give by its weight, where the rulebook states one in points."""
    for parameter in criterion.parameters:
        if ".weight." in f".{parameter.path}." or parameter.path.split(".")[-2:-1] == ["weight"] or ".weights." in f".{parameter.path}.":
            digits = parameter.value.en.split(" ")[0].replace(",", "")
            try:
                return Decimal(digits)
            except ArithmeticError:
                return None
    return None


def _number(told: Told | None) -> Decimal | None:
    return Decimal(told.value) if told is not None and isinstance(told.value, str) and _is_number(told.value) else None


def _is_number(written: str) -> bool:
    return bool(written) and written.lstrip("-").replace(".", "", 1).isdigit()


def _made_up(told: Explanation) -> Section:
    criteria = {c.id: c for c in told.criteria}
    if told.score_parts:
        steps = []
        for part in told.score_parts:
            criterion = criteria[part.criterion]
            points, most = _number(part.points), _most(criterion)
            tone: Tone = "plain" if points is None or most is None or not most else "ok" if points >= most else "plain" if points >= most * _GOOD else "alarm"
            value = criterion.value.value.said if criterion.value is not None else same("")
            steps.append(Step(part.title, points, most, value, tone=tone))
        total = _number(told.score)
        picture = Waterfall(tuple(steps), total, Text("综合得分", "total score"), unit=Text("分", "points"))
        return Section(Text("得分是怎样构成的", "How the score is made up"), (picture,),
                       Text("虚线框为该项权重分；绿为满分，蓝为六成以上，红为不足六成", "dashed: the weight; green full, blue 60 % and more, red less"), span=8)
    rows = tuple(Row((c.title, _met(c), told_cell(c.value.value if c.value is not None else None)), tone=_met_tone(c))
                 for c in told.criteria if c.met is not None and c.applies)
    columns = (Column("criterion", Text("条件", "condition")), Column("met", Text("是否满足", "met")), Column("value", Text("数值", "value")))
    return Section(Text("各项条件", "The conditions"), (Table("conditions", columns, rows, exports=False),), span=8)


def _met(criterion: CriterionTold) -> Mark:
    value = criterion.met.value.value if criterion.met is not None else None
    if value is True:
        return Mark(Text("满足", "met"), "ok")
    if value is False:
        return Mark(Text("不满足", "not met"), "alarm" if criterion.role is Role.CONDITION else "plain")
    return Mark(Text("未知", "unknown"), "watch")


def _met_tone(criterion: CriterionTold) -> Tone:
    return "watch" if criterion.met is not None and criterion.met.value.value is None else "plain"


def _lift(ask: Asking, inquiry: Inquiry, code: str, told: Explanation) -> Section | None:
    """What would lift it: looked for when asked, since every answer is proved by judging everybody anew."""
    codes = [c for c, _ in inquiry.reading.outline.codes]
    better = codes[:codes.index(told.outcome)] if told.outcome in codes else codes[:-1]
    reachable = {c for c, _ in inquiry.reading.outline.reach} or set(codes[:1])
    wanted = [c for c in better if c in reachable]
    if not wanted:
        return None
    title = Text("怎样提升", "What would lift it")
    asked = ask.asked.get("lift", "")
    options = tuple((c, inquiry.reading.code_title(c)) for c in wanted)
    form = Form("", (Field("lift", Text("要达到的结论", "outcome to reach"), "choice", options=options, now=asked or wanted[-1], required=True),),
                Text("计算并验证", "Work it out and prove it"), asks=True, carried={"rulebook": inquiry.book.id})
    if asked not in wanted:
        return Section(title, (form,), Text("每个答案都经全体重评验证", "every answer is proved by judging everybody anew"), name="lift")
    try:
        found = inquiry.lift(code, asked)
    except QiantangError as error:
        return Section(title, (form, *(Banner(f.told, "watch") for f in error.faults)), name="lift")
    return Section(title, (form, *_changes(found)), name="lift")


def _changes(found: Lift) -> tuple[Banner | Table | Prose, ...]:
    columns = (Column("figure", Text("指标", "figure")), Column("now", Text("现值", "now"), number=True),
               Column("needed", Text("需达到", "needed"), number=True),
               Column("change", Text("变动", "change"), number=True), Column("proof", Text("验证", "proof")))
    blocks: list[Banner | Table | Prose] = []
    if found.singles:
        blocks.append(Prose(((Text("只改一项：", "One figure alone:"), None),)))
        blocks.append(Table("single", columns, tuple(r for p in found.singles for r in _rows(p)), exports=False))
    else:
        blocks.append(Banner(Text("没有哪一项单独改变就能达到。", "No single figure reaches it alone."), "plain"))
    if found.several is not None and len(found.several.changes) > 1:
        blocks.append(Prose(((Text("几项并举：", "Several together:"), None),)))
        blocks.append(Table("together", columns, _rows(found.several), exports=False))
    return tuple(blocks)


def _rows(proved: ProvedChange) -> tuple[Row, ...]:
    said = (Text("已验证，少一个最小单位即达不到", "proved: one unit less does not do") if proved.tight else Text("已验证", "proved")) if proved.holds \
        else Text("分数够，另有条件未满足", "the score suffices, another condition does not")
    rows = []
    for c in proved.changes:
        kind = c.column.type
        before, after = kind.decimal(c.before), kind.decimal(c.after)
        share = Amount((after - before) / abs(before), decimals=1, percent=True, signed=True) if before else None
        # In full: a proved figure that was rounded might not do.
        unit = unit_text(kind.unit)
        rows.append(Row((c.column.title, Amount(before, unit), Amount(after, unit), share, said)))
    return tuple(rows)


def _criteria(inquiry: Inquiry, told: Explanation) -> Section:
    columns = (Column("criterion", Text("依据", "criterion")), Column("value", Text("数值", "value"), number=True),
               Column("points", Text("得分", "points"), number=True), Column("met", Text("是否满足", "met")), Column("clause", Text("条款", "clause")))
    rows = []
    for c in told.criteria:
        if not c.applies and c.value is None:
            continue
        value = told_cell(c.value.value if c.value is not None and c.applies else None)
        points = told_cell(c.points.value if c.points is not None and c.applies else None)
        rows.append(Row((c.title, value, points, _met(c) if c.met is not None and c.applies else "",
                         Link(same(c.clause), to("rulebook", rulebook=told.rulebook)) if c.clause else "")))
    formulas = []
    for c in told.criteria:
        if c.applies:
            lines = [(_headed(name, part.numbers), None) for name, part in
                     ((Text("数值", "value"), c.value), (Text("得分", "points"), c.points), (Text("判断", "test"), c.met)) if part is not None]
            rests = Text("；".join(f"{p.title.zh} {p.value.zh}（{_place(p.source.said('zh'), p.status.firm, p.status.label.zh)}）" for p in c.parameters),
                         "; ".join(f"{p.title.en} {p.value.en} ({_place(p.source.said('en'), p.status.firm, p.status.label.en)})" for p in c.parameters))
            if c.parameters:
                lines.append((_headed(Text("依据", "rests on"), rests), None))
            formulas.append(Folded(c.title, (Prose(tuple(lines)),)))
    return Section(Text("逐项依据", "Clause by clause"),
                   (Table("criteria", columns, tuple(rows)), Folded(Text("算式与参数", "Formulas and parameters"), tuple(formulas))), footer=run_foot(inquiry))


def _place(source: str, firm: bool, status: str) -> str:
    return source if firm else status


def _headed(name: Text, of: Text) -> Text:
    return Text(f"{name.zh}：{of.zh}", f"{name.en}: {of.en}")


def _sources(told: Explanation) -> Section:
    columns = (Column("fact", Text("事实", "fact")), Column("value", Text("数值", "value"), number=True), Column("file", Text("来源文件", "file")),
               Column("sheet", Text("工作表", "sheet")), Column("row", Text("行", "row"), number=True), Column("column", Text("列", "column")),
               Column("known", Text("知悉日", "known since")), Column("made", Text("如何得出", "how it was made")))
    rows: dict[str, list[Row]] = {}
    for criterion in told.criteria:
        for fact in criterion.facts:
            if fact.name in rows:
                continue
            made = fact.made if fact.made.zh else ""
            value = told_cell(fact.value)
            found = [Row((fact.title, value, o.file or o.table, o.sheet, "" if o.row is None else Amount(o.row), o.column, o.known_at,
                          Text(f"原代码 {o.former}", f"former code {o.former}") if o.former else made)) for o in fact.origins[:5]]
            rows[fact.name] = found or [Row((fact.title, value, "", "", "", "", "", made))]
    return Section(Text("事实从哪里来", "Where the facts come from"), (Table("facts", columns, tuple(r for of in rows.values() for r in of)),), name="facts")


def _others(ask: Asking, inquiry: Inquiry, code: str, outcomes: list[tuple[Inquiry, str | None]]) -> Section:
    columns = (Column("rulebook", Text("规则", "rulebook")), Column("answers", Text("回答", "answers")), Column("outcome", Text("结论", "outcome")))
    rows = tuple(Row((one.book.title, one.book.form.answers, outcome_mark(outcome, one.reading, acted_on(ask, one.book.form.name))),
                     ask.address_of(code, one.book.id)) for one, outcome in outcomes if one.book.id != inquiry.book.id)
    return Section(Text("其他规则的结论", "By the other rulebooks"), (Table("outcomes", columns, rows),), span=6)


def _cases(ask: Asking, code: str) -> Section:
    found = ask.cases(CaseQuery(subject=code, open_only=False))
    processes = {p.name: p for p in ask.brain.workspace.house.processes}
    columns = (Column("case", Text("案号", "case")), Column("process", Text("事项", "matter")), Column("state", Text("状态", "state")),
               Column("owner", Text("责任方", "owner")), Column("due", Text("期限", "deadline")))
    rows = tuple(Row((c.id, processes[c.process].title, processes[c.process].state(c.state).title,
                      processes[c.process].role_title(c.owner.role) if c.owner else None, c.due.day if c.due else None), to("case", case=c.id),
                     "alarm" if c.overdue_on(ask.today) else "plain") for c in found if c.process in processes)
    return Section(Text("案件", "Cases"), (Table("cases", columns, rows, exports=False, empty=Text("没有案件。", "No cases.")),), span=6)


def _history(ask: Asking, code: str, rulebook: str) -> Section | None:
    found = history_of(ask.reads, code, rulebook, ask.inquiry(rulebook))
    if len(found.past) < 2 and not found.corrections:
        return None
    tables = {t.name: t for t in ask.brain.workspace.house.tables}
    events = [Event(p.run.known_at, Text(f"{p.run.period} 年度：", f"{p.run.period}: ") + (p.outcome_title or Text("未知", "unknown")),
                    told=same("") if p.score is None else Text(f"得分 {p.score.normalize():f}", f"score {p.score.normalize():f}"),
                    links=(Link(Text("查看", "open"), to("enterprise", subject=code, rulebook=rulebook, run=p.run.key)),)) for p in found.past]
    for c in found.corrections:
        column = tables[c.table].column(c.column).title if c.table in tables else same(c.column)
        changed = Text(f"{c.old} → {c.new}；依据 {c.evidence}", f"{c.old} → {c.new}; evidence {c.evidence}")
        events.append(Event(c.at, Text("更正：", "Corrected: ") + column, c.actor, changed))
    return Section(Text("历次结论与更正", "Earlier outcomes and corrections"), (Timeline(tuple(events)),))


def _not_firm(told: Explanation) -> Section | None:
    if not told.not_firm:
        return None
    return Section(Text(f"尚未坐实之处：{len(told.not_firm)} 项", f"What is not firm: {len(told.not_firm)}"),
                   (Prose(tuple((n.said, None) for n in told.not_firm)),))


PAGE = Page("enterprise", _TITLE, draw, asks=("rulebook", "run", "lift"), path=("subject",), named=True)
