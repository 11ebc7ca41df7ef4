"""Rulebooks, one rulebook with every number of it, and a reform tried on it: who would move, and what it would cost."""

from __future__ import annotations

from decimal import Decimal

from qiantang.district.asking import Asking
from qiantang.district.inquiries import Inquiry, Reform
from qiantang.district.pages.evaluation import nothing_assessed, run_foot
from qiantang.district.pages.showing import acted_on, asking, figure, outcome_mark
from qiantang.kernel.errors import QiantangError
from qiantang.kernel.pages.blocks import Banner, Block, Column, Drawn, Facts, Field, Flow, Form, Row, Section, Table
from qiantang.kernel.pages.declaring import Ask, Page
from qiantang.kernel.pages.values import Amount, Cell, Link, Mark, Tone, to
from qiantang.kernel.rulebooks.parameters import Parameter
from qiantang.kernel.rulebooks.rulebook import Rulebook
from qiantang.kernel.rulebooks.telling import Called, value_told
from qiantang.kernel.units import unit
from qiantang.kernel.words import Text, both, joined, same

_TITLE = Text("规则", "Rulebooks")
_MOST_MOVED = 200


def draw(ask: Ask) -> Drawn:
    """All rulebooks with source, validity and status."""
    own = asking(ask)
    library = own.brain.workspace.house.library
    assessed = set(own.brain.workspace.assessed)
    columns = (Column("title", Text("名称", "title")), Column("id", Text("编号", "id")), Column("answers", Text("回答", "answers")),
               Column("valid", Text("适用期", "valid")), Column("status", Text("可信程度", "status")), Column("issuer", Text("发布机关", "issuer")),
               Column("applied", Text("本区适用", "applied here")))
    rows = []
    for id in library.ids:
        book = library.book(id)
        status = book.document.status
        rows.append(Row((book.title, id, book.form.answers, book.document.span.title, Mark(status.label, "plain" if status.firm else "watch"),
                         book.document.source.issuer, Link(Text("查看结果", "results"), to("evaluation", rulebook=id)) if id in assessed else ""),
                        to("rulebook", rulebook=id)))
    firm = sum(1 for id in library.ids if library.book(id).document.status.firm)
    return Drawn(Text(f"{len(rows)} 部规则，{firm} 部有公布文本", f"{len(rows)} rulebooks, {firm} with a published text"),
                 (Section(_TITLE, (Table("rulebooks", columns, tuple(rows)),)),))


def draw_one(ask: Ask) -> Drawn:
    """One rulebook: where it comes from and every number of it."""
    own = asking(ask)
    book = own.brain.workspace.house.library.book(ask.asked.get("rulebook", ""))
    source, span = book.document.source, book.document.span
    facts: list[tuple[Text, Cell]] = [
        (Text("发布机关", "issuer"), source.issuer), (Text("文件", "document"), same(source.document)), (Text("文号", "number"), source.number or ""),
        (Text("公布日期", "published on"), source.published_on), (Text("适用期", "valid"), span.title),
        (Text("可信程度", "status"), Mark(book.document.status.label, "plain" if book.document.status.firm else "watch")),
        (Text("回答", "answers"), book.form.answers), (Text("版本", "version"), book.version)]
    columns = (Column("title", Text("参数", "parameter")), Column("path", Text("路径", "path")), Column("value", Text("取值", "value")),
               Column("since", Text("起", "since")), Column("until", Text("止", "until")), Column("status", Text("可信程度", "status")),
               Column("source", Text("出处", "source")))
    called = _calling(book)
    rows = []
    for parameter in book.parameters.values():
        for entry in parameter.entries:
            tone: Tone = "plain" if entry.status.firm else "watch"
            rows.append(Row((parameter.title, parameter.path, value_told(parameter, entry, called), entry.span.since, entry.span.until or "",
                             Mark(entry.status.label, tone), both(entry.source.said)), tone=tone))
    weak = sum(1 for p in book.parameters.values() for e in p.entries if not e.status.firm)
    sections = (Section(Text("出处", "Where it stands"), (Facts(tuple(facts)),)),
                Section(Text(f"{len(rows)} 个取值，{weak} 个未见公布文本", f"{len(rows)} values, {weak} without a published text"),
                        (Table("parameters", columns, tuple(rows)),)))
    links = [Link(Text("评价结果", "Results"), to("evaluation", rulebook=book.id)), Link(Text("试改规则", "Try a reform"), to("reform", rulebook=book.id))]
    return Drawn(book.title, sections, same(book.id), (Link(_TITLE, to("rulebooks")),), tuple(links) if book.id in own.brain.workspace.assessed else (),
                 rests_on_placeholder=not book.document.status.firm)


def _calling(book: Rulebook) -> Called:
    """What the words of a rulebook are called: its codes and facts by their titles."""
    titles = {column.name: column.title for column in book.dossier.columns} | book.words
    return lambda word: titles.get(word, same(word))


# --- a reform ---


def draw_reform(ask: Ask) -> Drawn:
    """Numbers of a rulebook to change, and what would become of everybody."""
    own = asking(ask)
    assessed = own.brain.workspace.assessed
    title = Text("试改规则", "Try a reform")
    if not assessed:
        return nothing_assessed(title)
    inquiry = own.inquiry(ask.asked.get("rulebook") or assessed[0])
    changeable = _changeable(inquiry)
    changes = {p.path: ask.asked[name] for name, p in changeable.items() if ask.asked.get(name) and ask.asked[name] != _now(inquiry, p)}
    chooser = Form("", (Field("rulebook", Text("规则", "rulebook"), "choice", options=tuple(
        (id, own.brain.workspace.house.library.book(id).title) for id in assessed), now=inquiry.book.id),), Text("选择", "choose"), asks=True, live=True)
    fields = tuple(Field(name, p.title, "number", _unit(p), now=ask.asked.get(name) or _now(inquiry, p)) for name, p in changeable.items())
    form = Form("", fields, Text("试算", "Work it out"), asks=True, live=True, carried={"rulebook": inquiry.book.id})
    sections = [Section(same(""), (Banner(Text("试算不改变任何结果，也不开立案件。", "Trying changes no result and opens no case."), "plain"), chooser)),
                Section(Text("数值", "The numbers"), (form,), Text("改动后即时试算", "worked out as you change them"))]
    if changes:
        try:
            sections += _moved(own, inquiry, inquiry.compare(changes))
        except QiantangError as error:
            sections.append(Section(same(""), tuple(Banner(f.told, "alarm") for f in error.faults)))
    return Drawn(title, tuple(sections), inquiry.book.title, (Link(inquiry.book.title, to("evaluation", rulebook=inquiry.book.id)),),
                 as_of=inquiry.run.known_at)


def _changeable(inquiry: Inquiry) -> dict[str, Parameter]:
    """The numbers that this reading rests on, by the field's name."""
    used = inquiry.reading.used
    found = [p for path, p in inquiry.book.parameters.items() if path in used and isinstance(used[path].value, Decimal)]
    return {f"p{n}": p for n, p in enumerate(sorted(found, key=lambda p: p.path))}


def _now(inquiry: Inquiry, parameter: Parameter) -> str:
    value = inquiry.reading.used[parameter.path].value
    assert isinstance(value, Decimal)
    return format(value.normalize(), "f")


def _unit(parameter: Parameter) -> Text:
    return parameter.unit.title


def _moved(ask: Asking, inquiry: Inquiry, reform: Reform) -> list[Section]:
    reading = inquiry.reading
    codes = [c for c, _ in reading.outline.codes] + [None]
    counts = {(r["before"], r["after"]): int(str(r["many"])) for r in reform.matrix}
    shown = [c for c in codes if any(c in pair for pair in counts)]
    titles = tuple(Text("未知", "unknown") if c is None else reading.code_title(c) for c in shown)
    flow = Flow(titles, titles, tuple(tuple(counts.get((a, b), 0) for b in shown) for a in shown), Text("改动前", "before"), Text("改动后", "after"))
    many = len(reform.moved)
    blocks: list[Block] = [flow]
    if reform.cost is not None:
        before, after = reform.cost
        wan = unit("万元")
        blocks.append(Facts(((Text("改动前合计", "sum before"), figure(before, wan)), (Text("改动后合计", "sum after"), figure(after, wan)),
                             (Text("增减", "difference"), Amount(after - before, money=True, signed=True)))))
    criteria = {c.id: c.title for c in reading.outline.criteria}
    names = inquiry.names([str(r["subject"]) for r in reform.moved[:_MOST_MOVED]])
    acted = acted_on(ask, inquiry.book.form.name)
    columns = (Column("subject", Text("对象", "subject")), Column("before", Text("改动前", "before")), Column("after", Text("改动后", "after")),
               Column("because", Text("因为", "because")))
    rows = tuple(Row((same(names.get(str(r["subject"]), str(r["subject"]))), outcome_mark(r["before"], reading, acted),
                      outcome_mark(r["after"], reading, acted),
                      joined([criteria.get(c, same(c)) for c in str(r["because"] or "").split(",") if c])), ask.address_of(str(r["subject"]), inquiry.book.id))
                 for r in reform.moved[:_MOST_MOVED])
    title = Text(f"{many:,} 家的结论会改变", f"{many:,} would get another outcome")
    table = Table("moved", columns, rows, empty=Text("没有人的结论会改变。", "Nobody's outcome would change."))
    return [Section(title, tuple(blocks), span=5), Section(Text("谁会变动，因为什么", "Who moves, and because of what"), (table,),
                                                          Text(f"至多列 {_MOST_MOVED} 家", f"{_MOST_MOVED} at most"), run_foot(inquiry), span=7)]


_FIELDS = tuple(f"p{n}" for n in range(120))
PAGES = (Page("rulebooks", _TITLE, draw, menu=50), Page("rulebook", Text("规则", "Rulebook"), draw_one, asks=("rulebook",)),
         Page("reform", Text("试改规则", "Try a reform"), draw_reform, asks=("rulebook", *_FIELDS), menu=40))
