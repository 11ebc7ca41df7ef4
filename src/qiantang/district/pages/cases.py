"""Cases as a work list, and one case: what it stands on, who must act by when, what happened, what can be done now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from qiantang.district.asking import Asking
from qiantang.district.pages.showing import asking, code_title, figure
from qiantang.kernel.actions.cases import EVENT_TITLES, Case, CaseEvent
from qiantang.kernel.actions.ports import CaseQuery
from qiantang.kernel.actions.process_rows import Kind, Need, State
from qiantang.kernel.actions.processes import Process
from qiantang.kernel.actions.written import payload_of
from qiantang.kernel.errors import QiantangError, SubjectError
from qiantang.kernel.pages.blocks import (
    Banner,
    Choice,
    Column,
    Drawn,
    Event,
    Facts,
    Field,
    Form,
    Lines,
    Path,
    Row,
    Section,
    Series,
    Table,
    Timeline,
)
from qiantang.kernel.pages.declaring import Act, Ask, Doing, Done, Page, Upload
from qiantang.kernel.pages.portions import portion
from qiantang.kernel.pages.values import Amount, Cell, Link, Mark, to
from qiantang.kernel.rulebooks.rulebook import Reading
from qiantang.kernel.units import ONE
from qiantang.kernel.words import Text, joined, same
from qiantang.registers.dossiers import ENTERPRISE

_TITLE = Text("案件", "Cases")
_WEEKS = 12


def draw(ask: Ask) -> Drawn:
    """The work list: open cases, those that are overdue first asked for by a filter."""
    own = asking(ask)
    processes = {p.name: p for p in own.brain.workspace.house.processes}
    asked = ask.asked
    process = asked.get("process") if asked.get("process") in processes else None
    overdue = ask.count_cases(CaseQuery(process=process, overdue_on=ask.today))
    standing = ask.count_cases(CaseQuery(process=process))
    query = CaseQuery(process=process, role=asked.get("role"), person=ask.who if asked.get("mine") == "yes" else None,
                      overdue_on=ask.today if asked.get("overdue") == "yes" else None, open_only=asked.get("closed") != "yes")
    part = portion(asked, ask.count_cases(query))
    found = ask.cases(CaseQuery(query.process, role=query.role, person=query.person, overdue_on=query.overdue_on, open_only=query.open_only,
                                limit=part.limit, offset=part.offset))
    columns = (Column("case", Text("案号", "case")), Column("matter", Text("事项", "matter")), Column("who", Text("对象", "subject")),
               Column("platform", Text("平台", "platform")), Column("state", Text("状态", "state")), Column("owner", Text("责任方", "owner")),
               Column("due", Text("期限", "deadline")), Column("left", Text("剩余天数", "days left"), number=True))
    roles = {r.name: r.title for p in processes.values() for r in p.roles}
    yes = (("yes", Text("是", "yes")),)
    choices = (Choice("process", Text("事项", "matter"), tuple((p.name, p.title) for p in processes.values()), process or ""),
               Choice("role", Text("责任方", "owner"), tuple(roles.items()), asked.get("role", "")),
               Choice("overdue", Text("已逾期", "overdue"), yes, asked.get("overdue", "")),
               Choice("mine", Text("我经办的", "mine"), yes, asked.get("mine", "")),
               Choice("closed", Text("含已办结", "closed too"), yes, asked.get("closed", "")))
    rows = tuple(_row(own, processes[c.process], c) for c in found if c.process in processes)
    title = Text(f"{standing:,} 件在办，{overdue:,} 件逾期", f"{standing:,} cases open, {overdue:,} overdue")
    table = Table("cases", columns, rows, part, choices, empty=Text("没有这样的案件。", "There are no such cases."))
    sections = [Section(Text("工作清单", "Work list"), (table,), Text("按案号", "by number"))]
    if process is not None:
        sections.append(_towards_zero(own, processes[process]))
    return Drawn(title, tuple(sections), as_of=ask.today)


def _row(ask: Asking, process: Process, case: Case) -> Row:
    overdue = case.overdue_on(ask.today)
    left = None if case.due is None or case.due.day is None else Amount((case.due.day - ask.today).days)
    name = case.payload.get("name")
    platform = case.payload.get("platform")
    place = code_title(ENTERPRISE.column("platform"), str(platform), ask) if platform else None
    state = process.state(case.state)
    cells: tuple[Cell, ...] = (
        case.id, process.title, same(str(name)) if name else case.subject, place, _where(case, state),
        None if case.owner is None else process.role_title(case.owner.role), None if case.due is None else case.due.day, left)
    return Row(cells, to("case", case=case.id), "alarm" if overdue else "plain")


def _where(case: Case, state: State) -> Mark:
    """The state a case is in; one whose finding no longer holds says so."""
    if state.closed or case.last_seen.holds:
        return Mark(state.title, "off" if state.closed else "plain")
    return Mark(state.title + Text(" · 依据已不成立", " · its ground no longer holds"), "watch")


def _towards_zero(ask: Asking, process: Process) -> Section:
    """How many stood open at the end of each of the last weeks."""
    days = [ask.today - timedelta(days=7 * n) for n in range(_WEEKS - 1, -1, -1)]
    with ask.state() as reader:
        many = [sum(1 for e in reader.standing(process.name, day) if ask.sees_everybody() or ask.sees(_subject(ask, e))) for day in days]
    lines = Lines("standing", tuple(d.isoformat()[5:] for d in days), (Series(Text("在办件数", "open cases"), tuple(Decimal(m) for m in many)),))
    return Section(Text(f"动态清零：尚有 {many[-1]:,} 件", f"Dynamic zero: {many[-1]:,} still stand"), (lines,),
                   Text("每周末在办件数", "open at the end of each week"))


def _subject(ask: Asking, event: CaseEvent) -> str:
    found = ask.case(event.case)
    return found.subject if found is not None else ""


CASES = Page("cases", _TITLE, draw, asks=("process", "role", "overdue", "mine", "closed"), menu=30)


# --- one case ---


def draw_case(ask: Ask) -> Drawn:
    """One case; SubjectError where the asker sees none of this number."""
    own = asking(ask)
    case = _seen(own)
    process = own.desk.process(case.process)
    name = case.payload.get("name")
    reading = _reading(own, case)
    facts: list[tuple[Text, Cell]] = [
        (Text("对象", "subject"), Link(same(str(name or case.subject)), ask.address_of(case.subject, case.basis.rulebook))),
        (Text("依据规则", "rulebook"), Link(same(case.basis.rulebook), to("rulebook", rulebook=case.basis.rulebook))),
        (Text("立案结论", "finding"),
         case.basis.outcome if reading is None else reading.code_title(case.basis.outcome)), (Text("立案日", "opened on"), case.opened_on),
        (Text("责任方", "owner"), None if case.owner is None else process.role_title(case.owner.role)),
        (Text("经办人", "handled by"), (case.owner.person or None) if case.owner else None),
        (Text("期限", "deadline"), None if case.due is None else case.due.day),
        (Text("升级次数", "escalated"), Amount(case.level))]
    details = tuple((_detail_title(process, n, reading), _detail(own, process, n, v, reading)) for n, v in case.payload.items() if n != "name")
    state = process.state(case.state)
    sections = [Section(Text("进展：", "Where it stands: ") + state.title, (_path(process, case),)),
                Section(Text("立案依据与责任", "What it stands on"), (Facts(tuple(facts)),), span=6),
                Section(Text("内容", "Details"), (Facts(details),), span=6)]
    if case.is_open and not case.last_seen.holds:
        said = case.last_seen.outcome or ""
        now = same(said) if reading is None else reading.code_title(said)
        no_more = Text("最近一次评价的结论已不同，立案依据不再成立；是否办结由责任方决定。现结论：",
                       "The newest evaluation says otherwise, so what the case stands on no longer holds; whether that ends it is for its owner. It says: ")
        sections.insert(0, Section(same(""), (Banner(no_more + now, "watch"),), name="ground"))
    if case.is_open:
        sections.append(_steps(own, process, case))
    sections.append(_history(ask, process, case))
    overdue = case.overdue_on(ask.today)
    subtitle = process.title + (Text(" · 已逾期", " · overdue") if overdue else same(""))
    return Drawn(same(case.id), tuple(sections), subtitle, (Link(_TITLE, to("cases", process=case.process)),), as_of=ask.today)


def _seen(ask: Asking) -> Case:
    asked = ask.asked.get("case", "")
    found = ask.case(asked)
    if found is None:
        raise SubjectError.of(f"没有案号为 {asked} 的案件", f"there is no case {asked}", value=asked)
    return found


def _path(process: Process, case: Case) -> Path:
    """The states in the order of the table, with where the case stands."""
    states = [s for s in process.states if not s.closed or s.name == case.state]
    here = next((n for n, s in enumerate(states) if s.name == case.state), 0)
    return Path(tuple((s.title, None, "now" if n == here else "done" if n < here else "next") for n, s in enumerate(states)))


def _needs(process: Process) -> dict[str, Need]:
    return {need.name: need for event in process.events for need in event.needs}


def _reading(ask: Asking, case: Case) -> Reading | None:
    """The rulebook that the case stands on, where it is still known."""
    try:
        return ask.inquiry(case.basis.rulebook).reading
    except QiantangError:
        return None


def _detail_title(process: Process, name: str, reading: Reading | None) -> Text:
    need = _needs(process).get(name)
    if need is not None:
        return need.title
    if any(c.name == name for c in ENTERPRISE.columns):
        return ENTERPRISE.column(name).title
    stem = name.partition("__")[0]
    return next((c.title for c in reading.outline.criteria if c.id == stem), same(name)) if reading is not None else same(name)


def _detail(ask: Asking, process: Process, name: str, value: object, reading: Reading | None) -> Cell:
    need = _needs(process).get(name)
    if need is not None and need.kind is Kind.CHOICE:
        return next((c.title for c in need.choices if c.name == value), str(value))
    if value is None or isinstance(value, bool):
        return value
    written = str(value)
    column = next((c for c in ENTERPRISE.columns if c.name == name), None)
    if not written.replace(".", "", 1).lstrip("-").isdigit():
        if column is not None:
            return code_title(column, written, ask)
        words = dict(reading.book.form.words) if reading is not None else {}
        return joined([words.get(w, same(w)) for w in written.split(",")])
    kind = column.type if column is not None else None
    if kind is None and reading is not None:
        parts = {k: e for c in reading.outline.criteria for k, e in c.parts().items()}
        kind = parts[name].type if name in parts else None
    return figure(Decimal(written), ONE if kind is None else kind.unit, 2)


def _steps(ask: Asking, process: Process, case: Case) -> Section:
    """A form for each step that the asker may take now."""
    forms = []
    for step in process.steps_from(case.state):
        if ask.actor.roles & set(step.may) and ask.may("decide"):
            event = process.event(step.event)
            forms.append(Form("step", tuple(_field(n) for n in event.needs), event.title, carried={"event": step.event}))
    if ask.may("decide"):
        forms.append(Form("assign", (Field("person", Text("经办人", "person"), required=True),), Text("指定经办人", "Name who handles it")))
    told = Text("您的角色现在不能办理此案件。", "Your role has no step to take now.")
    return Section(Text("可以办理", "What can be done now") if forms else told, tuple(forms), name="steps")


def _field(need: Need) -> Field:
    kinds = {Kind.TEXT: "long", Kind.INTEGER: "number", Kind.DECIMAL: "number", Kind.DAY: "day", Kind.FLAG: "choice", Kind.CHOICE: "choice"}
    options = tuple((c.name, c.title) for c in need.choices) or ((("yes", Text("是", "yes")), ("no", Text("否", "no"))) if need.kind is Kind.FLAG else ())
    return Field(need.name, need.title, kinds[need.kind], options=options, required=not need.optional)  # type: ignore[arg-type]  # one of the kinds above


def _history(ask: Ask, process: Process, case: Case) -> Section:
    titles = {e.name: e.title for e in process.events}
    events = []
    for e in ask.case_events(case.id):
        given = e.detail.get("payload")
        said = "；".join(f"{k}: {v}" for k, v in given.items()) if isinstance(given, Mapping) and e.event in titles else ""
        events.append(Event(e.at, titles.get(e.event) or EVENT_TITLES.get(e.event, same(e.event)), e.actor,
                            Text(f"{said} · 审计日志第 {e.seq} 条".strip(" ·"), f"{said} · entry {e.seq} of the audit log".strip(" ·"))))
    return Section(Text("经过", "What happened"), (Timeline(tuple(events)),),
                   footer=Text("每一步都在不可改写的审计日志中", "Each step stands in an audit log that cannot be rewritten"))


def _step(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    own = asking(doing)
    case = _seen(own)
    process = own.desk.process(case.process)
    given = {k: v for k, v in values.items() if isinstance(v, str) and v and k != "event"}
    event = str(values.get("event", ""))
    declared = next((e for e in process.events if e.name == event), None)
    after = doing.step(case.id, event, payload_of(declared, given))
    title = process.state(after.state).title
    return Done(to("case", case=case.id), Text("已办理，现为：", "Done; it is now: ") + title)


def _assign(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    own = asking(doing)
    case = _seen(own)
    own.desk.assign(case.id, str(values.get("person", "")), day=own.today, at=own.brain.now, actor=own.actor)
    return Done(to("case", case=case.id), Text("已指定经办人。", "The person is named."))


CASE = Page("case", Text("案件", "Case"), draw_case, path=("case",), named=True, acts=(
    Act("step", Text("办理一步", "take a step"), "decide", _step), Act("assign", Text("指定经办人", "name who handles it"), "decide", _assign)))
