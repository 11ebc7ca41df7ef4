"""The evaluation table of any rulebook: everybody it judged, filtered, ordered, and taken away."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from qiantang.district.asking import Asking
from qiantang.district.inquiries import Inquiry
from qiantang.district.pages.showing import (
    acted_on,
    asking,
    code_title,
    outcome_mark,
    outcome_tone,
    stored_cell,
    unit_text,
)
from qiantang.kernel.expressions.dialects import Dialect
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.pages.blocks import Banner, Bars, Choice, Column, Drawn, Row, Section, Series, Table
from qiantang.kernel.pages.declaring import Ask, Page
from qiantang.kernel.pages.portions import portion
from qiantang.kernel.pages.values import Cell, Link, to
from qiantang.kernel.rulebooks.rulebook import Role
from qiantang.kernel.words import Text, same

_TITLE = Text("评价结果", "Evaluations")
_FILTERS = ("platform", "subdistrict", "leading_industry", "above_scale")
_MOST_CRITERIA = 4


def draw(ask: Ask) -> Drawn:
    """The table of the rulebook asked for, else of the first that was assessed."""
    own = asking(ask)
    assessed = own.brain.workspace.assessed
    if not assessed:
        return nothing_assessed(_TITLE)
    asked = ask.asked.get("rulebook", "")
    inquiry = own.inquiry(asked or assessed[0])
    return Drawn(_headline(own, inquiry), (_switch(own, inquiry), _shares(own, inquiry), _table(own, inquiry)), inquiry.book.title,
                 as_of=inquiry.run.known_at, rests_on_placeholder=not inquiry.reading.status.firm,
                 links=(Link(Text("试改规则", "Try a reform"), to("reform", rulebook=inquiry.book.id)),
                        Link(Text("规则全文", "The rulebook"), to("rulebook", rulebook=inquiry.book.id))))


def nothing_assessed(title: Text) -> Drawn:
    """What a page says before anything was assessed."""
    said = Banner(Text("尚未评价：先交来工作簿，再进行评价。", "Nothing has been assessed yet: hand in workbooks, then assess."), "watch",
                  (Link(Text("去交工作簿", "Hand in workbooks"), to("door")),))
    return Drawn(title, (Section(same(""), (said,)),))


def run_foot(inquiry: Inquiry) -> Text:
    """Source, version and days of a run."""
    run, reading = inquiry.run, inquiry.reading
    source = reading.book.document.source
    return Text(f"{source.said('zh')} · {reading.status.label.zh} · 规则版本 {run.version} · 按 {run.law_date} 的文本 · "
                f"事实截至 {run.known_at} · {run.year} 年度",
                f"{source.said('en')} · {reading.status.label.en} · version {run.version} · as it read on {run.law_date} · facts known by "
                f"{run.known_at} · year {run.year}")


def _headline(ask: Asking, inquiry: Inquiry) -> Text:
    """The finding in one sentence: how many of all have the outcome that matters most."""
    counts = ask.told(inquiry.run).counts
    total = sum(counts.values())
    alarming = [c for c in acted_on(ask, inquiry.book.form.name) if counts.get(c)]
    codes = [c for c, _ in inquiry.reading.outline.codes]
    shown = next((c for c in reversed(codes) if c in alarming), codes[0] if codes else "")
    title = inquiry.reading.code_title(shown)
    return Text(f"{total:,} 家中 {counts.get(shown, 0):,} 家为“{title.zh}”", f"{counts.get(shown, 0):,} of {total:,}: {title.en}")


def _switch(ask: Asking, inquiry: Inquiry) -> Section:
    books = tuple((id, ask.brain.workspace.house.library.book(id).title) for id in ask.brain.workspace.assessed)
    table = Table("rulebooks", (), (), choices=(Choice("rulebook", Text("规则", "rulebook"), books, inquiry.book.id),), exports=False,
                  empty=same(" "))
    return Section(same(""), (table,), name="switch")


def _shares(ask: Asking, inquiry: Inquiry) -> Section:
    counts = ask.told(inquiry.run).counts
    acted = acted_on(ask, inquiry.book.form.name)
    reading = inquiry.reading
    shown = [(code, title) for code, title in reading.outline.codes if counts.get(code)]
    if counts.get(""):
        shown.append(("", Text("未知", "unknown")))
    series = tuple(Series(title, (Decimal(counts[code]),), outcome_tone(code, reading, acted) if code else "off") for code, title in shown)
    bars = Bars("outcomes", (Text("全部对象", "everybody"),), series, stacked=True)
    named = Bars("by outcome", tuple(title for _, title in shown), (Series(Text("家数", "number"), tuple(Decimal(counts[c]) for c, _ in shown)),),
                 to=tuple(to("evaluation", rulebook=inquiry.book.id, outcome=code or "?") for code, _ in shown))
    return Section(Text("各类家数", "How many of each"), (named if len(shown) > 1 else bars,), Text("点名称只看该类", "a name shows its members only"))


def _table(ask: Asking, inquiry: Inquiry) -> Section:
    reading, dossier, run = inquiry.reading, inquiry.dossier, inquiry.run
    d = ask.reads.engine.dialect
    relation = ask.reads.rows(run, reading)
    has = {c.name for c in dossier.columns}
    subject = dossier.subject
    score = f"{reading.outline.score}__points" if reading.outline.score else ""
    criteria = [c for c in reading.outline.criteria if c.role is Role.INDICATOR and f"{c.id}__value" in run.types
                and run.types[f"{c.id}__value"].kind is Kind.NUMBER][:_MOST_CRITERIA]
    shown = [subject, *(n for n in ("name", "platform", "subdistrict") if n in has), "outcome", *([score] if score in run.types else []),
             "decided_by", *(f"{c.id}__value" for c in criteria)]
    where = _where(ask, d, has)
    many = ask.brain.remembered(("counted", relation, where), lambda: int(str(ask.reads.engine.rows(
        f"SELECT CAST(count(*) AS BIGINT) AS n FROM {relation} AS r{where}")[0]["n"])))
    sortable = [n for n in shown if n != "decided_by"]
    asked = dict(ask.asked)
    if "order" not in asked and score in shown:
        asked["order"] = f"-{score}"
    part = portion(asked, many, sortable)
    order = f"{d.quoted(part.order)} {'DESC' if part.descending else 'ASC'} NULLS LAST, {d.quoted(subject)}" if part.order else d.quoted(subject)
    rows = ask.reads.engine.rows(f"SELECT {', '.join(d.quoted(n) for n in shown)} FROM {relation} AS r{where} ORDER BY {order} "
                                 f"LIMIT {part.limit} OFFSET {part.offset}")
    acted = acted_on(ask, inquiry.book.form.name)
    titles = {c.id: c.title for c in reading.outline.criteria}

    def cell(name: str, row: Mapping[str, object]) -> Cell:
        value = row[name]
        if name == "outcome":
            return outcome_mark(value if isinstance(value, str) else None, reading, acted)
        if name == "decided_by":
            return titles.get(str(value)) if value is not None else None
        if name in run.types and name not in has:
            assert value is None or isinstance(value, int)
            return stored_cell(value, run.types[name], bare=True)
        return None if value is None else code_title(dossier.column(name), str(value), ask)

    columns = tuple(_column(name, inquiry, sortable) for name in shown)
    made = tuple(Row(tuple(cell(n, row) for n in shown), ask.address_of(str(row[subject]), inquiry.book.id)) for row in rows)
    return Section(Text("名单", "The list"), (Table("evaluation", columns, made, part, _choices(ask, inquiry, has),
                                                    empty=Text("没有符合条件的对象。", "Nobody fits.")),),
                   footer=run_foot(inquiry), name="list")


def _column(name: str, inquiry: Inquiry, sortable: list[str]) -> Column:
    reading, run = inquiry.reading, inquiry.run
    known = {"outcome": Text("结论", "outcome"), "decided_by": Text("取决于", "due to"), f"{reading.outline.score}__points": Text("得分", "score")}
    if name in known:
        return Column(name, known[name], number=name.endswith("__points"), sortable=name in sortable)
    if name.endswith("__value"):
        return Column(name, reading.criterion(name.removesuffix("__value")).title, unit_text(run.types[name].unit), True, name in sortable)
    return Column(name, inquiry.dossier.column(name).title, sortable=name in sortable)


def _choices(ask: Asking, inquiry: Inquiry, has: set[str]) -> tuple[Choice, ...]:
    asked = ask.asked
    outcomes = (*inquiry.reading.outline.codes, ("?", Text("未知", "unknown")))
    found = [Choice("q", Text("名称或代码", "name or code"), (), asked.get("q", "")),
             Choice("outcome", Text("结论", "outcome"), outcomes, asked.get("outcome", ""))]
    yes_no = (("yes", Text("是", "yes")), ("no", Text("否", "no")))
    options = {"platform": tuple(ask.district.platforms), "subdistrict": tuple((t.zh, t) for _, t in ask.district.sub_districts),
               "leading_industry": tuple(ask.district.leading_industries), "above_scale": yes_no}
    found += [Choice(name, inquiry.dossier.column(name).title, options[name], asked.get(name, "")) for name in _FILTERS if name in has]
    return tuple(found)


def _where(ask: Asking, d: Dialect, has: set[str]) -> str:
    asked = ask.asked
    tests = []
    if asked.get("outcome"):
        tests.append(f"{d.quoted('outcome')} IS NULL" if asked["outcome"] == "?" else f"{d.quoted('outcome')} = {d.string(asked['outcome'])}")
    tests += [f"{d.quoted(name)} = {_literal(name, asked[name], d)}" for name in _FILTERS if asked.get(name) and name in has]
    if asked.get("q"):
        part = d.string(f"%{asked['q'].replace('%', '').replace('_', '').strip()}%")
        named = [n for n in ("uscc", "name") if n in has]
        tests.append("(" + " OR ".join(f"{d.quoted(n)} LIKE {part}" for n in named) + ")" if named else "FALSE")
    return f" WHERE {' AND '.join(tests)}" if tests else ""


def _literal(name: str, asked: str, d: Dialect) -> str:
    return ("TRUE" if asked == "yes" else "FALSE") if name == "above_scale" else d.string(asked)


PAGE = Page("evaluation", _TITLE, draw, asks=("rulebook", "outcome", "q", *_FILTERS), menu=20)
