"""qiantang lift: what single figure, or which figures together, would bring a subject to a better outcome."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.declaring import command
from qiantang.cli.language import said, told
from qiantang.cli.options import DirOption, RulebookOption, SubjectArgument
from qiantang.cli.screen import Screen
from qiantang.cli.values import rounded, sentence
from qiantang.kernel.expressions.figures import grouped

if TYPE_CHECKING:
    from qiantang.district.inquiries import Lift, ProvedChange
    from qiantang.kernel.findings.lifting import Change


def declare(app: typer.Typer) -> None:
    """Declare the command."""
    command(app, "lift", said("怎样提升：哪一项指标改到多少，就能达到所要的结论；每个答案都经全体重评验证。",
                              "What would lift a subject to an outcome: which figure, by how much; every answer is proved by judging everybody anew."),
            ["qiantang lift 913301… --to A", "qiantang lift 0042 --to B --rulebook mu/huangyan-2022"])(lift)


def lift(
    subject: SubjectArgument,
    to: Annotated[str, typer.Option("--to", metavar="OUTCOME", help=said("要达到的结论，如 A", "the outcome to reach, such as A"))],
    rulebook: RulebookOption = None,
    most: Annotated[int, typer.Option("--most", min=1, max=100, help=said(
        "多项并举时每项最多变动百分之几", "how many per cent each figure may move where several do"))] = 30,
    directory: DirOption = None,
) -> Answer:
    """Find and prove the changes."""
    from qiantang.cli.opening import asked_inquiry, opened

    with opened(directory) as reads:
        inquiry = asked_inquiry(reads, rulebook)
        code = inquiry.subject(subject)
        found = inquiry.lift(code, to, Fraction(most, 100))
        facts = inquiry.facts(code)
        name = facts.get("name")

    def draw(screen: Screen) -> None:
        reading = found.reading
        before = said("未知", "unknown") if found.before is None else told(reading.code_title(found.before))
        wanted = told(reading.code_title(found.outcome))
        screen.heading(f"{name or code} · {code}: {before} → {wanted}")
        if found.already:
            screen.line(said("已经达到。", "It is there already."), indent=2)
            return
        _draw_score(screen, found)
        _draw_changes(screen, found, most)
        screen.note(said(f"按 {reading.book.id} 在 {reading.day} 的文本，其他对象不变。",
                         f"By {reading.book.id} as it reads on {reading.day}, everybody else standing still."), indent=2)

    return Answer({"subject": code, "name": name, "rulebook": inquiry.book.id, "law_date": inquiry.reading.day, "before": found.before, "to": to,
                   "already": found.already, "score": found.score, "needed": found.needed, "decided_by": found.decided_by,
                   "singles": [_told(p) for p in found.singles], "together": None if found.several is None else _told(found.several)}, draw)


def _draw_score(screen: Screen, found: Lift) -> None:
    if found.score is not None and found.needed is not None:
        missing = found.needed - found.score
        screen.line(said(f"得分 {grouped(found.score)}，需要 {grouped(found.needed)}", f"Score {grouped(found.score)}, needed {grouped(found.needed)}")
                    + (said(f"，差 {grouped(missing)}", f", short by {grouped(missing)}") if missing > 0 else ""), indent=2)
    if found.score is not None and (found.needed is None or found.needed <= found.score) and found.decided_by:
        title = told(found.reading.criterion(found.decided_by).title)
        screen.line(said(f"得分之外，结论取决于：{title}", f"Besides the score the outcome is due to: {title}"), style="yellow", indent=2)


def _draw_changes(screen: Screen, found: Lift, most: int) -> None:
    if found.singles:
        screen.heading(said("只改一项", "One figure alone"))
        screen.table([said("指标", "figure"), said("现值", "now"), said("需达到", "needed"), said("变动", "change"), said("验证", "proof")],
                     [[*_change(p.changes[0]), _proof(p)] for p in found.singles], right=[1, 2, 3], indent=2)
    else:
        screen.line(said("没有哪一项单独改变就能达到。", "No single figure reaches it alone."), indent=2)
    if found.several is not None and len(found.several.changes) > 1:
        screen.heading(said(f"几项并举（每项变动不超过 {most}%）", f"Several together (each by at most {most} %)"))
        screen.table([said("指标", "figure"), said("现值", "now"), said("需达到", "needed"), said("变动", "change")],
                     [_change(c) for c in found.several.changes], right=[1, 2, 3], indent=2)
        screen.line(_proof(found.several), indent=2)


def _change(change: Change) -> list[str]:
    column = change.column
    moved = ""
    if change.before:
        percent = rounded(Decimal(change.after - change.before) / Decimal(change.before) * 100, 1)
        moved = f"{'+' if percent > 0 else ''}{grouped(percent)} %" if percent else "< 0.1 %"
    return [told(column.title), sentence(change.before, column.type), sentence(change.after, column.type), moved]


def _proof(proved: ProvedChange) -> str:
    if proved.holds and proved.tight:
        return said("已验证：达到；少一个最小单位即达不到", "proved: it holds, and one unit less does not")
    if proved.holds:
        return said("已验证：达到（更小的变动亦可）", "proved: it holds (a smaller change does, too)")
    return said(f"重评后为 {proved.outcome}：分数够，另有条件未满足", f"judged anew it is {proved.outcome}: the score suffices, another condition does not")


def _told(proved: ProvedChange) -> dict[str, object]:
    return {"holds": proved.holds, "tight": proved.tight, "outcome": proved.outcome, "changes": [
        {"fact": c.column.name, "title": c.column.title, "unit": c.column.unit.title, "before": c.column.type.decimal(c.before),
         "after": c.column.type.decimal(c.after)} for c in proved.changes]}
