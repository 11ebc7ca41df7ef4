"""Which policies an enterprise meets, nearly meets or misses, and what is missing for each, as a page and as sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qiantang.district.asking import Asking
from qiantang.district.inquiries import Inquiry
from qiantang.district.own_figures import Gap
from qiantang.district.pages.evaluation import nothing_assessed
from qiantang.district.pages.showing import asking, outcome_mark
from qiantang.district.policies import NEAR_CONDITIONS, NEAR_SHARE, Lacking, Match, Standing, matched, policies_of
from qiantang.kernel.errors import SubjectError
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.figures import grouped
from qiantang.kernel.pages.blocks import Banner, Column, Drawn, Row, Section, Table
from qiantang.kernel.pages.declaring import Ask, Page
from qiantang.kernel.pages.values import Amount, Cell, Link, Mark, Tone, to
from qiantang.kernel.rulebooks.rulebook import Reading
from qiantang.kernel.words import Text, joined, same

_TITLE = Text("政策匹配", "Policies")
_KINDS = {"title": Text("称号", "title"), "benefit": Text("奖补", "benefit")}
_TONES: dict[Standing, Tone] = {Standing.MET: "ok", Standing.OPEN: "ok", Standing.NEAR: "watch", Standing.MISSING: "plain", Standing.UNKNOWN: "off"}
_SHARE = int(NEAR_SHARE * 100)
NOTE = Text(f"“接近”：只差 {NEAR_CONDITIONS} 项条件，或所差各项数值均在 {_SHARE}% 以内；仅为提示，以申报受理为准",
            f"“nearly”: {NEAR_CONDITIONS} condition missing, or every figure missing within {_SHARE} %; a hint: whoever takes applications decides")


def draw(ask: Ask) -> Drawn:
    """The policies of one enterprise; SubjectError where the asker sees no such one."""
    own = asking(ask)
    assessed = own.brain.workspace.assessed
    if not assessed:
        return nothing_assessed(_TITLE)
    inquiry = own.inquiry(assessed[0])
    code = inquiry.subject(ask.asked.get("subject", ""))
    facts = inquiry.every_fact(code)
    found = matches_in(own, inquiry, code, facts)
    name = same(str(facts.get("name") or code))
    return Drawn(name, sections_of(own, found), _TITLE, (Link(name, ask.address_of(code)),), as_of=inquiry.run.known_at,
                 rests_on_placeholder=any(not m.reading.status.firm for m in found))


def matches_in(ask: Asking, inquiry: Inquiry, code: str, facts: Mapping[str, Stored]) -> list[Match]:
    """Every policy and this enterprise: by the latest run where it was assessed, else by the facts of that run."""
    workspace = ask.brain.workspace
    readings = policies_of(workspace.house, workspace.district, workspace.district.law_day, inquiry.dossier.name)
    key = ("policies", code, tuple(sorted(workspace.latest_keys().items())))
    return ask.brain.remembered(key, lambda: [m for r in readings if (m := _matched(ask, r, code, facts)) is not None])


def _matched(ask: Asking, reading: Reading, code: str, facts: Mapping[str, Stored]) -> Match | None:
    if reading.book.id not in ask.brain.workspace.assessed:
        return matched(reading, facts)
    run = ask.inquiry(reading.book.id)
    try:
        return matched(run.reading, run.facts(code), run.row(code))
    except SubjectError:
        return None


def sections_of(ask: Asking, found: Sequence[Match], span: int = 12) -> tuple[Section, ...]:
    """What is met first, then what is nearly met with what is missing, then the others."""
    groups = ((Standing.MET, Standing.OPEN), (Standing.NEAR,), (Standing.MISSING, Standing.UNKNOWN))
    many = [sum(1 for m in found if m.standing in group) for group in groups]
    titles = (Text(f"符合 {many[0]} 项", f"{many[0]} met"), Text(f"接近 {many[1]} 项", f"{many[1]} nearly met"),
              Text(f"尚有差距或事实不足 {many[2]} 项", f"{many[2]} not met, or facts are missing"))
    sections = []
    for group, title, count in zip(groups, titles, many, strict=True):
        if count:
            table = Table(f"policies-{group[0]}", _COLUMNS, tuple(_row(ask, m) for m in found if m.standing in group))
            sections.append(Section(title, (table,), NOTE if Standing.NEAR in group else same(""), span=span, name=f"policies-{group[0]}"))
    empty = Section(_TITLE, (Banner(Text("没有可匹配的政策。", "There is no policy to match."), "plain"),), span=span)
    return tuple(sections) or (empty,)


_COLUMNS = (Column("policy", Text("政策", "policy")), Column("kind", Text("类型", "kind")), Column("standing", Text("匹配", "standing")),
            Column("outcome", Text("结论", "outcome")), Column("missing", Text("缺什么", "what is missing")),
            Column("worth", Text("可获（万元）", "worth (10k yuan)"), number=True), Column("status", Text("依据", "ground")))


def _row(ask: Asking, one: Match) -> Row:
    reading = one.reading
    outcome: Cell = outcome_mark(one.outcome, reading) if one.outcome is not None else Mark(Text("未知", "unknown"), "watch")
    worth: Cell = Amount(one.worth, decimals=2) if one.worth is not None and one.standing is Standing.MET else ""
    link = to("rulebook", rulebook=reading.book.id) if ask.may("see") else None
    return Row((reading.book.title, _KINDS[one.offer.kind], Mark(one.standing.label, _TONES[one.standing]), outcome, missing_of(one), worth,
                reading.status.label), link)


def missing_of(one: Match) -> Text:
    """What is missing, condition by condition: the figure that is needed, or the facts that nobody has."""
    said = [_lacking(lacking) for lacking in one.lacking]
    for criterion, columns in one.unknown:
        facts = joined([c.title for c in columns]) if columns else Text("相关事实", "its facts")
        said.append(Text(f"{criterion.title.zh}（缺少{facts.zh}）", f"{criterion.title.en} (lacks {facts.en})"))
    return joined(said, "；", "; ") if said else same("")


def _lacking(one: Lacking) -> Text:
    title = one.criterion.title
    if not one.figures:
        return title
    told = [_gap(gap, title) for gap in one.figures]
    return Text(f"{title.zh}（{'或'.join(t.zh for t in told)}）", f"{title.en} ({' or '.join(t.en for t in told)})")


def _gap(gap: Gap, condition: Text) -> Text:
    now, needed, fact = _figure(gap, gap.now), _figure(gap, gap.needed), gap.column.title
    named = same("") if fact.zh == condition.zh else fact + same(" ")
    return named + Text(f"{now.zh} → {needed.zh}", f"{now.en} → {needed.en}")


def _figure(gap: Gap, value: int | None) -> Text:
    if value is None:
        return Text("未知", "unknown")
    digits = grouped(gap.column.type.decimal(value))
    unit = gap.column.unit.title
    return Text(f"{digits}{unit.zh}", f"{digits} {unit.en}".rstrip())


def section_on_enterprise(ask: Asking, code: str, outcomes: Sequence[tuple[Inquiry, str | None]]) -> Section | None:
    """The policies among an enterprise's outcomes in short, with the way to what is missing."""
    rows = []
    for inquiry, outcome in outcomes:
        offer = inquiry.book.form.offers
        if offer is None:
            continue
        standing = Standing.MET if outcome in offer.granted else Standing.OPEN if outcome in offer.open else \
            Standing.UNKNOWN if outcome is None else Standing.MISSING
        rows.append(Row((inquiry.book.title, _KINDS[offer.kind], Mark(standing.label, _TONES[standing])), ask.address_of(code, inquiry.book.id)))
    if not rows or "policies" not in ask.brain.offered:
        return None
    columns = (_COLUMNS[0], _COLUMNS[1], _COLUMNS[2])
    more = Banner(Text("每项政策缺什么、差多少：", "What is missing for each, and by how much: "), "plain", (Link(_TITLE, to("policies", subject=code)),))
    return Section(_TITLE, (more, Table("policies", columns, tuple(rows), exports=False)), span=6)


PAGE = Page("policies", _TITLE, draw, path=("subject",), named=True)
