"""Objections: an enterprise objects to a fact with evidence; where it is upheld the fact is corrected and all is judged anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qiantang.domains.notices.processing import OBJECTION_PROCESS
from qiantang.kernel.actions.cases import Case
from qiantang.kernel.actions.ports import CaseQuery
from qiantang.kernel.errors import ActionError, FactsError, SubjectError
from qiantang.kernel.pages.blocks import Banner, Column, Drawn, Facts, Field, Form, Prose, Row, Section, Table
from qiantang.kernel.pages.declaring import Act, Ask, Doing, Done, FactShown, Page, RunChange, Upload
from qiantang.kernel.pages.values import Cell, Link, Mark, to
from qiantang.kernel.words import Text, same

_TITLE = Text("异议", "Objections")
_LONGEST_EVIDENCE = 20 * 1024 * 1024
_MOST_NAMED = 5


def draw(ask: Ask) -> Drawn:
    """The objections that the asker may see, open ones first."""
    found = sorted(ask.cases(CaseQuery(process=OBJECTION_PROCESS.name, open_only=False)), key=lambda c: (not c.is_open, c.id))
    columns = (Column("case", Text("案号", "case")), Column("who", Text("企业", "enterprise")), Column("fact", Text("事实", "fact")),
               Column("state", Text("状态", "state")), Column("due", Text("期限", "deadline")))
    rows = tuple(Row((c.id, same(str(c.payload.get("name") or c.subject)), str(c.payload.get("fact_title") or ""), _state(c), c.due.day if c.due else ""),
                     to("objection", case=c.id), "alarm" if c.overdue_on(ask.today) else "plain") for c in found)
    many = sum(1 for c in found if c.is_open)
    table = Table("objections", columns, rows, empty=Text("没有异议。", "Nobody objects."))
    return Drawn(Text(f"{many} 件异议待核实", f"{many} objections to look into"), (Section(_TITLE, (table,)),), as_of=ask.today)


def _state(case: Case) -> Mark:
    tones = {"upheld": "ok", "refused": "off", "taken_back": "off"}
    return Mark(OBJECTION_PROCESS.state(case.state).title, "watch" if case.is_open else "ok" if tones.get(case.state) == "ok" else "off")


# --- objecting ---


def draw_new(ask: Ask) -> Drawn:
    """The form to object to a fact of one's own verdict."""
    subject, rulebook = ask.asked.get("subject", ""), _rulebook(ask)
    told = ask.verdict(subject, rulebook)
    options = tuple((f.name, f.title + Text(f"（现为 {_said(f).zh}）", f" (now {_said(f).en})")) for f in told.facts if f.table)
    form = Form("object", (
        Field("fact", Text("对哪项事实有异议", "which fact is wrong"), "choice", options=options, required=True, now=ask.asked.get("fact", "")),
        Field("value", Text("应为", "it should be"), required=True, note=Text("可带单位，如 120万元", "with a unit if you like, such as 120万元")),
        Field("reason", Text("理由", "reason"), "long", required=True), Field("evidence", Text("证据文件", "evidence"), "file", required=True)),
        Text("提出异议", "Object"))
    facts = Facts(((Text("企业", "enterprise"), same(told.name)), (Text("规则", "rulebook"), told.run.title), (Text("结论", "outcome"), told.outcome_title)))
    note = Banner(Text("异议成立的，更正该事实并对全体重新评价；一切经过留痕。",
                       "Where it is upheld the fact is corrected and everybody is judged anew; every step stays on record."), "plain")
    return Drawn(Text("提出异议", "Object to a fact"), (Section(same(""), (note,)), Section(Text("结论", "The outcome"), (facts,), span=5),
                                                       Section(Text("异议", "The objection"), (form,), span=7)), same(told.subject))


def _rulebook(ask: Ask) -> str:
    asked = ask.asked.get("rulebook")
    runs = ask.runs()
    if not asked and not runs:
        raise SubjectError.of("尚未评价", "nothing has been assessed yet")
    return asked or runs[0].rulebook


def _said(fact: FactShown) -> Text:
    return fact.value if isinstance(fact.value, Text) else same(str(fact.value))


def _object(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    told = doing.verdict(doing.asked.get("subject", ""), _rulebook(doing))
    fact = next((f for f in told.facts if f.name == values.get("fact") and f.table), None)
    if fact is None:
        raise FactsError.of("请选择一项可更正的事实", "choose a fact that can be corrected", value=values.get("fact"))
    evidence = values.get("evidence")
    if not isinstance(evidence, Upload) or not evidence.content or len(evidence.content) > _LONGEST_EVIDENCE:
        raise FactsError.of("请附证据文件（不超过 20 MB）", "add a file of evidence (20 MB at most)",
                            remedy=Text("扫描件、截图或表格均可。", "A scan, a picture or a sheet will do."))
    if not str(values.get("value", "")).strip() or not str(values.get("reason", "")).strip():
        raise FactsError.of("请写明应为多少与理由", "say what it should be, and why")
    doing.readable(fact.table, fact.column, str(values["value"]))
    reference = doing.keep_file(evidence.name, evidence.content)
    case = doing.open_case(OBJECTION_PROCESS.name, told.subject, {
        "name": told.name, "fact": fact.name, "fact_title": fact.title.zh, "table": fact.table, "row": fact.key, "column": fact.column,
        "was": _said(fact).zh, "should_be": str(values["value"]), "argument": str(values["reason"]), "evidence": reference,
        "evidence_name": evidence.name}, told.run.rulebook, told.run.key)
    return Done(to("objection", case=case.id), Text("已提出，将在期限内答复。", "Received; you will have an answer by the deadline."))


# --- one objection ---


_FACTS = (("name", Text("企业", "enterprise")), ("fact_title", Text("事实", "fact")), ("was", Text("现值", "it is")),
          ("should_be", Text("应为", "it should be")),
          ("argument", Text("理由", "reason")), ("evidence_name", Text("证据", "evidence")), ("reason", Text("答复", "answer")),
          ("corrected_to", Text("更正为", "corrected to")),
          ("difference", Text("更正后的变化", "what changed by it")))


def draw_one(ask: Ask) -> Drawn:
    """One objection, with what can be decided."""
    case = _found(ask)
    shown: list[tuple[Text, Cell]] = [(title, same(str(case.payload[name]))) for name, title in _FACTS if case.payload.get(name)]
    shown.append((Text("期限", "deadline"), case.due.day if case.due else None))
    sections = [Section(OBJECTION_PROCESS.state(case.state).title, (Facts(tuple(shown)),), span=7),
                Section(Text("证据", "Evidence"), (Form("evidence", (), Text("下载证据", "Get the evidence")),
                                                   Prose(((Text(f"校验值 {str(case.payload.get('evidence', ''))[:16]}…",
                                                                f"hash {str(case.payload.get('evidence', ''))[:16]}…"), None),))), span=5)]
    if case.is_open and ask.may("decide"):
        reason = Field("reason", Text("理由", "reason"), "long", required=True)
        sure = Text("该事实将被更正，全体重新评价", "the fact will be corrected and everybody judged anew")
        sections.append(Section(Text("决定", "Decide"), (
            Form("uphold", (reason, Field("value", Text("更正为", "corrected to"), now=str(case.payload.get("should_be", "")), required=True)),
                 Text("成立，更正并重评", "Uphold, correct and judge anew"), confirm=sure),
            Form("refuse", (reason,), Text("不成立", "Refuse"), "alarm"))))
    crumbs = (Link(_TITLE, to("objections")), Link(same(str(case.payload.get("name") or case.subject)), ask.address_of(case.subject, case.basis.rulebook)))
    return Drawn(same(case.id), tuple(sections), OBJECTION_PROCESS.title, crumbs, as_of=ask.today)


def _found(ask: Ask) -> Case:
    asked = ask.asked.get("case", "")
    found = ask.case(asked)
    if found is None or found.process != OBJECTION_PROCESS.name:
        raise SubjectError.of(f"没有异议 {asked}", f"there is no objection {asked}", value=asked)
    return found


def _uphold(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    case = _open(doing)
    p = case.payload
    changes = doing.correct(str(p["table"]), str(p["row"]), str(p["column"]), str(values.get("value", "")),
                            f"{case.id}: {p['evidence_name']} {str(p['evidence'])[:16]}")
    told = difference(changes)
    doing.step(case.id, "uphold", {"reason": str(values.get("reason", "")), "corrected_to": str(values.get("value", "")), "difference": told.zh})
    return Done(to("objection", case=case.id), Text("已更正并重评：", "Corrected and judged anew: ") + told)


def difference(changes: Sequence[RunChange]) -> Text:
    """What a correction changed, rulebook by rulebook."""
    moved = [c for c in changes if c.moved]
    if not moved:
        return Text("没有结论因此改变", "no outcome changed by it")
    return Text("；".join(f"{c.title.zh}：{len(c.moved)} 家结论改变（{_who(c)}；批次 {c.before} → {c.after}）" for c in moved),
                "; ".join(f"{c.title.en}: {len(c.moved)} outcomes changed ({_who(c)}; run {c.before} → {c.after})" for c in moved))


def _who(change: RunChange) -> str:
    """Who moved from what to what, the first few of them."""
    told = ", ".join(f"{subject} {before or '—'} → {after or '—'}" for subject, before, after in change.moved[:_MOST_NAMED])
    return told + (" …" if len(change.moved) > _MOST_NAMED else "")


def _refuse(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    case = _open(doing)
    doing.step(case.id, "refuse", {"reason": str(values.get("reason", ""))})
    return Done(to("objection", case=case.id), Text("已答复。", "Answered."))


def _open(doing: Doing) -> Case:
    case = _found(doing)
    if not case.is_open:
        raise ActionError.of("此异议已办结", "this objection is closed", value=case.id)
    return case


def _evidence(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    del values
    kept = doing.kept_file(str(_found(doing).payload.get("evidence", "")))
    if kept is None:
        raise SubjectError.of("证据文件不在或已变动", "the evidence is not there, or is not what it was")
    name, content = kept
    return Done(to("objections"), same(""), (name, "application/octet-stream", content))


OBJECTIONS = Page("objections", _TITLE, draw, menu=36)
OBJECTION = Page("objection", Text("异议", "Objection"), draw_one, path=("case",), named=True, acts=(
    Act("uphold", Text("异议成立", "uphold"), "decide", _uphold), Act("refuse", Text("异议不成立", "refuse"), "decide", _refuse),
    Act("evidence", Text("下载证据", "get the evidence"), "see", _evidence)))
OBJECTION_NEW = Page("objection-new", Text("提出异议", "Object"), draw_new, asks=("rulebook", "fact"), path=("subject",), named=True, acts=(
    Act("object", Text("提出异议", "object"), "see", _object),))
