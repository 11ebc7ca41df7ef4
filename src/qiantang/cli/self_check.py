"""qiantang self-check: one enterprise by its own figures, with no district at hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.compare import pairs
from qiantang.cli.declaring import command
from qiantang.cli.language import said, told
from qiantang.cli.options import day
from qiantang.cli.screen import Screen
from qiantang.cli.values import UNKNOWN, sentence
from qiantang.kernel.errors import FactsError
from qiantang.kernel.expressions.figures import grouped
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    from qiantang.district.own_figures import SelfCheck
    from qiantang.kernel.findings.explanation import CriterionTold


def declare(app: typer.Typer) -> None:
    """Declare the command."""
    command(app, "self-check", said("企业自测：只凭本企业数据得出得分、条件、差距与提升；取决于全体的部分注明“需要全体数据”，不作猜测。",
                                    "One enterprise alone: score, conditions, distances and lift by its own figures; what depends on all others says so."),
            ["qiantang self-check --set " + said("实缴税金=120万元", "tax_paid_wan=120") + " --set land_mu=15 --set above_scale=yes --set sector=industry",
             "qiantang self-check my-figures.yaml --rulebook mu/huangyan-2022 --rulebook hitech/2016-32"])(self_check)


def self_check(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", show_default=False, help=said(
        "填好的模板（第一行数据），或 YAML/JSON 的“名称: 数值”", "a filled template (its first row), or YAML or JSON of names and values"))] = None,
    figures: Annotated[list[str], typer.Option("--set", metavar="NAME=VALUE", show_default=False, help=said(
        "一项数据，名称用中文名或英文代号，可带单位（可多次给出）", "a figure by name or title, with a unit if you like (may be given several times)"))] = [],  # noqa: B006 # Typer reads a list
    rulebook: Annotated[list[str], typer.Option("--rulebook", metavar="ID", show_default=False, help=said(
        "适用的规则（可多次给出）；默认为地区所用各部", "rulebooks to apply (may be given several times); default: the district's"))] = [],  # noqa: B006 # Typer reads a list
    on: Annotated[date | None, typer.Option("--on", metavar=said("年-月-日", "YYYY-MM-DD"), parser=day, show_default=False, help=said(
        "按哪一天的规则文本", "the day the law is read"))] = None,
    score: Annotated[float | None, typer.Option("--score", show_default=False, help=said(
        "提升到多少分；默认为上一个整十", "points to lift the score to; default: the next full ten"))] = None,
    explain: Annotated[bool, typer.Option("--explain", help=said("逐条详细说明", "explain clause by clause"))] = False,
) -> Answer:
    """Judge the enterprise by every rulebook asked for."""
    from qiantang.district.own_figures import figures_in, figures_written
    from qiantang.district.own_figures import self_check as check_alone
    from qiantang.district.workspace import Workspace

    if file is None and not figures:
        raise FactsError.of("没有给出任何数据", "no figure was given", remedy=Text("用 FILE 或 --set 名称=数值 给出。", "Give a FILE, or --set name=value."))
    workspace = Workspace(Path.cwd())
    house, district = workspace.house, workspace.district
    chosen = rulebook or list(district.rulebooks or house.usual)
    found: list[SelfCheck] = []
    skipped: list[tuple[str, Text]] = []
    unread: list[str] = []
    for id in chosen:
        book = house.library.book(id)
        law_day = on or (district.law_day if district.law_day in book.document.span else book.usual_day)
        if law_day not in book.document.span:
            skipped.append((id, book.document.span.title))
            continue
        given = figures_in(file, book.dossier, house.tables) if file is not None else None
        facts = dict(given.facts) if given is not None else {}
        unread = [u.header for u in given.unread] if given is not None else []
        facts |= figures_written(pairs(figures), book.dossier).facts if figures else {}
        found.append(check_alone(book.on(law_day), facts, district.evaluation_year, None if score is None else Decimal(str(score))))

    def draw(screen: Screen) -> None:
        for one in found:
            _draw(screen, one, explain)
        for id, span in skipped:
            screen.note(said(f"未适用 {id}：适用期 {span.zh}", f"not applied {id}: valid {span.en}"), indent=2)
        if unread:
            screen.note(said("未用到的列：", "columns not used: ") + ", ".join(unread), indent=2)

    return Answer({"checks": [_told(one) for one in found], "skipped": [{"rulebook": id, "valid": span} for id, span in skipped], "unread": unread}, draw)


def _draw(screen: Screen, one: SelfCheck, whole: bool) -> None:
    reading, explanation = one.reading, one.explanation
    screen.heading(f"{reading.book.id} · {told(reading.book.title)}")
    if explanation is None:
        screen.line(said("本规则不适用于这样的企业。", "The rule does not apply to such an enterprise."), indent=2)
        return
    if explanation.outcome is not None:
        screen.line(said("结论：", "Outcome: ") + told(explanation.outcome_title), style="bold", indent=2)
    else:
        screen.line(_NEEDS_POPULATION if one.needs_population else Text("结论：未知，缺少事实", "Outcome: unknown, facts are missing"), style="bold", indent=2)
    if explanation.score is not None:
        screen.line(said("得分：", "Score: ") + told(explanation.score.said), indent=2)
    if whole:
        from qiantang.cli.explanations import draw_explanation

        draw_explanation(screen, explanation)
    else:
        rows = [_row(c) for c in explanation.criteria if c.role.value in ("indicator", "condition", "veto")]
        if rows:
            screen.table([said("标准", "criterion"), said("数值", "figure"), said("得分", "points"), said("判断", "met"),
                          said("缺少的事实", "what is missing")],
                         rows, indent=2)
    _draw_distances(screen, one)
    if one.assumed:
        columns = {c.name: told(c.title) for c in reading.book.dossier.columns}
        screen.note(said("未提供、按“无记录”计：", "not given, taken as none on record: ") + said("、", ", ").join(columns[a] for a in one.assumed), indent=2)
    if not reading.status.firm:
        screen.note(said(f"本规则最弱依据：{reading.status.label.zh}", f"weakest ground of this rulebook: {reading.status.label.en}"), indent=2)


_NEEDS_POPULATION = Text("结论：需要全体数据（取决于其他企业的名次）", "Outcome: needs the population (it depends on the others' places)")


def _row(c: CriterionTold) -> list[str]:
    met = "" if c.met is None else UNKNOWN if c.met.value.value is None else said("符合", "met") if c.met.value.value else said("不符合", "not met")
    if c.role.value == "veto" and c.met is not None and c.met.value.value is not None:
        met = said("触发", "triggered") if c.met.value.value else said("未触发", "not triggered")
    return [told(c.title), "" if c.value is None else told(c.value.value.said), "" if c.points is None else told(c.points.value.said), met,
            said("；", "; ").join(told(u) for u in c.unknown)]


def _draw_distances(screen: Screen, one: SelfCheck) -> None:
    if one.gaps:
        titles = {c.id: c.title for c in one.reading.outline.criteria}
        screen.heading(said("差距", "Distances"))
        screen.table([said("不符合的条件", "condition not met"), said("事实", "fact"), said("现值", "now"), said("需达到", "needed")],
                     [[titles[g.criterion], g.column.title, UNKNOWN if g.now is None else sentence(g.now, g.column.type), sentence(g.needed, g.column.type)]
                      for g in one.gaps], right=[2, 3], indent=2)
    if one.lifts and one.lift_to is not None:
        screen.heading(said(f"单项提升到 {grouped(one.lift_to)} 分", f"One figure alone, to {grouped(one.lift_to)} points"))
        screen.table([said("指标", "figure"), said("现值", "now"), said("需达到", "needed")],
                     [[c.column.title, sentence(c.before, c.column.type), sentence(c.after, c.column.type)] for c in one.lifts], right=[1, 2], indent=2)


def _told(one: SelfCheck) -> dict[str, object]:
    explanation = one.explanation
    return {
        "rulebook": one.reading.book.id, "law_date": one.reading.day, "status": one.reading.status, "applies": one.applies,
        "outcome": None if explanation is None else explanation.outcome, "needs_population": one.needs_population,
        "score": None if explanation is None or explanation.score is None else explanation.score.value,
        "gaps": [{"criterion": g.criterion, "fact": g.column.name, "title": g.column.title, "unit": g.column.unit.title,
                  "now": None if g.now is None else g.column.type.decimal(g.now), "needed": g.column.type.decimal(g.needed)} for g in one.gaps],
        "lift_to": one.lift_to,
        "lifts": [{"fact": c.column.name, "title": c.column.title, "unit": c.column.unit.title, "before": c.column.type.decimal(c.before),
                   "after": c.column.type.decimal(c.after)} for c in one.lifts],
        "assumed": list(one.assumed), "explanation": None if explanation is None else explanation.to_json()}
