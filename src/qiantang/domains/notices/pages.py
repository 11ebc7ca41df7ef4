"""Notices: which runs were published until when, and what each of them shows to everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qiantang.domains.notices.processing import NOTICE_PROCESS
from qiantang.kernel.actions.cases import Case
from qiantang.kernel.actions.ports import CaseQuery
from qiantang.kernel.errors import SubjectError
from qiantang.kernel.pages.blocks import Banner, Column, Drawn, Facts, Field, Form, Row, Section, Table, Timeline
from qiantang.kernel.pages.blocks import Event as Happened
from qiantang.kernel.pages.declaring import Act, Ask, Doing, Done, Page, Upload
from qiantang.kernel.pages.portions import portion
from qiantang.kernel.pages.values import Link, Mark, to
from qiantang.kernel.words import Text, same

_TITLE = Text("公示", "Notices")
_UNTIL = Text("公示至", "until")


def all_notices(ask: Ask) -> Sequence[Case]:
    """Every notice, newest first; what is on notice is for everybody."""
    with ask.state() as reader:
        found = reader.cases(CaseQuery(process=NOTICE_PROCESS.name, open_only=False))
    return sorted(found, key=lambda c: c.id, reverse=True)


def draw(ask: Ask) -> Drawn:
    """The notices, and the form to publish a run."""
    found = all_notices(ask)
    titles = {r.rulebook: r.title for r in ask.runs()}
    columns = (Column("notice", Text("公示", "notice")), Column("rulebook", Text("规则", "rulebook")), Column("state", Text("状态", "state")),
               Column("opened", Text("发布日", "published on")), Column("until", _UNTIL))
    rows = tuple(Row((c.id, titles.get(c.basis.rulebook, same(c.basis.rulebook)), _state(c), c.opened_on, c.due.day if c.due else c.closed_on),
                     to("notice", notice=c.id)) for c in found)
    sections = [Section(Text(f"{sum(1 for c in found if c.is_open)} 项公示中", f"{sum(1 for c in found if c.is_open)} on public notice"),
                        (Table("notices", columns, rows, empty=Text("还没有公示。", "Nothing was published yet.")),))]
    if ask.may("sign"):
        options = tuple((r.rulebook, r.title) for r in ask.runs())
        form = Form("publish", (Field("rulebook", Text("公示哪部规则的结果", "which rulebook's results"), "choice", options=options, required=True),),
                    Text("发布公示", "Publish"), confirm=Text("名称与结论将向社会公开三个工作日", "names and outcomes will be public for three working days"))
        sections.append(Section(Text("发布公示", "Publish"), (form,)))
    return Drawn(_TITLE, tuple(sections), as_of=ask.today)


def _state(case: Case) -> Mark:
    state = NOTICE_PROCESS.state(case.state)
    return Mark(state.title, "ok" if case.is_open else "off")


def draw_one(ask: Ask) -> Drawn:
    """One notice: for everybody while it is on notice, for officials always."""
    case = found_notice(ask)
    subtitle = Text(f"{case.basis.rulebook} · 批次 {case.basis.run}", f"{case.basis.rulebook} · run {case.basis.run}")
    outcomes = ask.published_outcomes(case.subject)
    part = portion(ask.asked, len(outcomes))
    columns = (Column("name", Text("企业名称", "enterprise")), Column("code", Text("统一社会信用代码", "credit code")),
               Column("outcome", Text("结论", "outcome")))
    rows = tuple(Row((same(name), code, title)) for code, name, _, title in outcomes[part.offset:part.offset + part.limit])
    facts = Facts(((Text("状态", "state"), _state(case)), (Text("发布日", "published on"), case.opened_on),
                   (_UNTIL, case.due.day if case.due else case.closed_on), (Text("发布人", "published by"), str(case.payload.get("by") or ""))))
    how = Banner(Text("对所据事实有异议的，请在公示期内登录后在本企业页面提出，并附证据。",
                      "Whoever objects to a fact signs in while the notice stands, and objects on the enterprise's own page, with evidence."), "plain")
    with ask.state() as reader:
        events = reader.case_events(case.id)
    told = {e.name: e.title for e in NOTICE_PROCESS.events}
    history = Timeline(tuple(Happened(e.at, told.get(e.event, Text("发布", "published")), e.actor,
                                      Text(f"审计日志第 {e.seq} 条", f"entry {e.seq} of the audit log")) for e in events))
    sections = [Section(Text("公示", "Notice"), (facts, how), span=5),
                Section(Text("经过（不可改写）", "What happened (cannot be rewritten)"), (history,), span=7),
                Section(Text(f"{len(outcomes):,} 家企业的结论", f"The outcomes of {len(outcomes):,} enterprises"), (Table("outcomes", columns, rows, part),))]
    if case.is_open and ask.may("sign"):
        forms = tuple(Form("step", tuple(Field(n.name, n.title, "long", required=True) for n in e.needs), e.title, carried={"event": e.name})
                      for e in NOTICE_PROCESS.events)
        sections.append(Section(Text("办理", "What can be done"), forms))
    return Drawn(same(case.id), tuple(sections), subtitle, (Link(_TITLE, to("notices")),), as_of=ask.today)


def found_notice(ask: Ask) -> Case:
    """The notice asked for; one that is over is hidden from those without an account."""
    asked = ask.asked.get("notice", "")
    found = next((c for c in all_notices(ask) if c.id == asked), None)
    if found is None or not (found.is_open or ask.may("see")):
        raise SubjectError.of(f"没有公示 {asked}", f"there is no notice {asked}", value=asked)
    return found


def _publish(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    rulebook = str(values.get("rulebook", ""))
    run = next((r for r in doing.runs() if r.rulebook == rulebook), None)
    if run is None:
        raise SubjectError.of(f"规则 {rulebook} 尚无结果", f"there is no result of rulebook {rulebook}", value=rulebook)
    case = doing.open_case(NOTICE_PROCESS.name, run.key, {"by": doing.who, "year": run.year}, rulebook, run.key)
    return Done(to("notice", notice=case.id), Text("已发布。", "Published."))


def _step(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    case = found_notice(doing)
    reason = {"reason": str(values["reason"])} if values.get("reason") else {}
    doing.step(case.id, str(values.get("event", "")), reason)
    return Done(to("notice", notice=case.id), Text("已办理。", "Done."))


NOTICES = Page("notices", _TITLE, draw, menu=35, acts=(Act("publish", Text("发布公示", "publish a notice"), "sign", _publish),))
NOTICE = Page("notice", Text("公示", "Notice"), draw_one, path=("notice",), public=True, acts=(Act("step", Text("办理", "take a step"), "sign", _step),))
