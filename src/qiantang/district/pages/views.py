"""Every view that a domain declares, as a page: tables worth reading, made from the latest runs."""

from __future__ import annotations

from qiantang.district.asking import Asking
from qiantang.district.pages.evaluation import nothing_assessed
from qiantang.district.pages.showing import asking, code_title, outcome_mark, stored_cell, unit_text
from qiantang.kernel.domains import ViewDeclaration
from qiantang.kernel.errors import SubjectError
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.types import Kind
from qiantang.kernel.findings.views import Figure, Listing, Shown, Tally
from qiantang.kernel.pages.blocks import Column, Drawn, Row, Section, Table
from qiantang.kernel.pages.declaring import Ask, Page, ViewRows
from qiantang.kernel.pages.portions import WHOLE
from qiantang.kernel.pages.values import Address, Cell, Link, to
from qiantang.kernel.words import Text, joined, same

_TITLE = Text("专题", "Views")
_USUAL = 100


def draw(ask: Ask) -> Drawn:
    """The views there are, by domain."""
    own = asking(ask)
    house = own.brain.workspace.house
    if not own.brain.workspace.assessed:
        return nothing_assessed(_TITLE)
    columns = (Column("title", Text("专题", "view")), Column("from", Text("出自规则", "from rulebook")))
    sections = []
    for domain in house.domains:
        rows = tuple(Row((v.title, source), to("view", view=v.name)) for v in domain.views if (source := _source(own, v)))
        if rows:
            sections.append(Section(domain.title, (Table(f"views-{domain.name}", columns, rows, exports=False),)))
    return Drawn(_TITLE, tuple(sections), as_of=own.today)


def _source(ask: Asking, view: ViewDeclaration) -> str:
    house = ask.brain.workspace.house
    return next((id for id in ask.brain.workspace.assessed if house.library.book(id).form.name in view.forms), "")


def draw_one(ask: Ask) -> Drawn:
    """One view; SubjectError where there is none of that name, or nothing it shows was assessed."""
    name = ask.asked.get("view", "")
    if name not in {v.name for v in asking(ask).brain.workspace.house.views}:
        raise SubjectError.of(f"没有专题 {name}", f"there is no view {name}", value=name)
    found = ask.view(name, ask.asked.get("rulebook"), None if ask.asked.get(WHOLE) else _USUAL)
    if found is None:
        raise SubjectError.of(f"尚无可供专题 {name} 使用的评价结果", f"nothing that the view {name} shows was assessed yet", value=name)
    return Drawn(found.title, (Section(same(""), (table_of(ask, found),), found.view.note),), found.run.title,
                 (Link(_TITLE, to("views")),), as_of=found.run.known_at)


def table_of(ask: Ask, found: ViewRows, limit: int | None = None) -> Table:
    """A view's rows as a table of a page."""
    shown: dict[str, Shown | Figure] = {}
    if isinstance(found.view, Tally):
        shown |= {k.name: k for k in found.view.by} | {f.name: f for f in found.view.figures}
    elif isinstance(found.view, Listing):
        shown |= {c.name: c for c in found.view.columns}
    subject = found.reading.book.dossier.subject
    names = list(found.titles)
    columns = tuple(Column(n, found.titles[n], same("%") if shown[n].percent else unit_text(found.types[n].unit), found.types[n].kind is Kind.NUMBER)
                    for n in names)
    rows = []
    for row in found.rows[:limit]:
        address: Address | None = ask.address_of(str(row[subject]), found.run.rulebook) if row.get(subject) else None
        last = isinstance(found.view, Tally) and found.view.total and row is found.rows[-1]
        cells = tuple(_cell(ask, found, n, row[n], shown[n]) for n in names)
        rows.append(Row((Text("合计", "total"), *cells[1:]) if last and cells and row[names[0]] is None else cells, address, total=bool(last)))
    return Table(found.name, columns, tuple(rows), empty=Text("没有符合的对象。", "Nobody fits."))


def _cell(ask: Ask, found: ViewRows, name: str, value: Stored, shown: Shown | Figure) -> Cell:
    if name == "outcome":
        return outcome_mark(value, found.reading)
    codes = shown.codes if isinstance(shown, Shown) else ()
    if isinstance(value, str) and not codes:
        dossier = found.reading.book.dossier
        columns = {c.name: c for c in dossier.columns}
        if name in columns:
            return code_title(columns[name], value, ask)
        facts = value.split(",")
        # A list of facts that are missing is told by their titles.
        return joined([columns[f].title for f in facts]) if all(f in columns for f in facts) else value
    return stored_cell(value, found.types[name], codes, shown.decimals, shown.percent, bare=True)


PAGES = (Page("views", _TITLE, draw, menu=25), Page("view", Text("专题", "View"), draw_one, asks=("rulebook",), path=("view",)))
