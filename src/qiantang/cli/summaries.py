"""Draws the summary of an assessment: outcomes, the views worth reading, cases, and what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qiantang.cli.language import said, told
from qiantang.cli.screen import Screen
from qiantang.cli.values import cell
from qiantang.cli.views import draw_view, view_told
from qiantang.kernel.findings.views import Figure, Tally
from qiantang.kernel.words import Text, joined, same

if TYPE_CHECKING:
    from qiantang.district.assess import Run
    from qiantang.district.inquiries import ViewTable
    from qiantang.district.summary import FirstLook, Summary
    from qiantang.district.workspace import Workspace

ROWS = 8
"""Rows of a list that the summary shows."""
SYNTHETIC = Text("示范数据：全部企业、人员与地块均为程序生成，与真实主体无关。",
                 "Demonstration data: every enterprise, person and parcel is made by a program; none is real.")


def draw_summary(screen: Screen, summary: Summary) -> None:
    """The whole summary."""
    assessment = summary.assessment
    workspace = assessment.workspace
    if workspace.synthetic:
        screen.blank()
        screen.warning(SYNTHETIC)
    screen.heading(said(f"评价结果 · {workspace.district.name.zh} · {assessment.year} 年度（事实截至 {assessment.known.known_at}）",
                        f"Assessment · {workspace.district.name.en} · {assessment.year} (facts as known on {assessment.known.known_at})"))
    if summary.look is not None and summary.look.totals is not None:
        screen.line(totals_told(summary.look), style="bold", indent=2)
        screen.blank()
    screen.table([said("规则", "rulebook"), said("回答", "answers"), said("结论（企业数）", "outcomes (enterprises)"),
                  said("未知", "unknown"), said("依据", "rests on")],
                 [_run_row(run) for run in assessment.runs], right=[3], indent=2)
    if assessment.skipped:
        for skipped in assessment.skipped:
            screen.note(said(f"未适用 {skipped.rulebook}：{skipped.why.zh}", f"not applied {skipped.rulebook}: {skipped.why.en}"), indent=2)
    screen.note(said("“未知”是缺少事实，不是不符合；“依据”为规则及参数中最弱的一环。",
                     "Unknown means a fact is missing, not that a condition fails; 'rests on' is the weakest of rulebook and parameters."), indent=2)
    for table in summary.views:
        draw_view(screen, table, workspace, ROWS)
    if summary.cases:
        screen.heading(said("案件", "Cases"))
        titles = {p.name: p.title for p in workspace.house.processes}
        screen.table([said("流程", "process"), said("依据规则", "by rulebook"), said("新立", "opened"), said("结论未变", "unchanged"),
                      said("结论变化", "changed"), said("在办", "open now")],
                     [[titles[c.process], c.rulebook, f"{c.opened:,}", f"{c.kept:,}", f"{c.changed:,}", f"{c.standing:,}"] for c in summary.cases],
                     right=[2, 3, 4, 5], indent=2)
    screen.heading(said("接下来可以输入", "What to type next"))
    for step, why in next_steps(summary):
        screen.command(step, why)


def next_steps(summary: Summary) -> Iterator[tuple[str, Text]]:
    """Commands with real ids filled in, each with what it shows; from one finding to a reform."""
    workspace, look = summary.assessment.workspace, summary.look
    at = where(workspace)
    if look is not None:
        if look.totals is not None:
            yield f"qiantang view {look.totals.declared.name}{at}", totals_told(look)
        yield (f"qiantang explain {look.subject} --rulebook {look.rulebook}{at}",
               Text("其中一家：结论逐条说明，直到来源文件与行", "one of them, clause by clause, down to source file and row"))
        run = summary.assessment.run(look.rulebook)
        if run is not None:
            best, title = run.reading.outline.codes[0]
            yield (f"qiantang lift {look.subject} --to {best} --rulebook {look.rulebook}{at}",
                   Text(f"它怎样才能达到“{title.zh}”", f"what would bring it to: {title.en}"))
        if look.nearly is not None:
            rulebook, subject, outcome = look.nearly
            yield (f"qiantang lift {subject} --to {outcome} --rulebook {rulebook}{at}",
                   Text(f"怎样才能达到 {outcome}", f"what would lift an enterprise to {outcome}"))
        if look.case is not None:
            yield f"qiantang cases show {look.case.id}{at}", Text("它的案件：责任方、期限与下一步", "its case: owner, deadline and the next step")
        if look.reform is not None:
            rulebook, path, value = look.reform
            yield (f"qiantang compare --rulebook {rulebook} --set {path}={value}{at}",
                   Text("一项改革：谁会变动、为什么、花费多少", "a reform: who moves, why, and what it costs"))
    first = summary.assessment.runs[0].stored.rulebook if summary.assessment.runs else None
    if first is not None:
        yield (f"qiantang robust --rulebook {first}{at}",
               Text("哪些结论无论未读条款如何都成立，哪些取决于它", "which outcomes hold whatever the unread clauses say, and which turn on them"))
        yield f"qiantang view{at}", Text("全部视图", "all views")


def totals_told(look: FirstLook) -> Text:
    """The figures over everybody of the view in front, as one sentence."""
    from qiantang.district.summary import total_row

    table = look.totals
    if table is None or not isinstance(table.view, Tally):
        return Text("", "")
    row = total_row(table)
    parts = [f.title + Text(" ", " ") + _amount(f, table) for f in table.view.figures if row[f.name]]
    return table.declared.title + Text("：", ": ") + joined(parts, "，", ", ")


def _amount(figure: Figure, table: ViewTable) -> Text:
    from qiantang.district.summary import total_row

    return same(cell(total_row(table)[figure.name], table.printed.types[figure.name], decimals=figure.decimals, percent=figure.percent))


def where(workspace: Workspace) -> str:
    """The option that names the folder, where the command would not find it by itself."""
    from qiantang.district.workspace import found_nearby

    if found_nearby(Path.cwd()) == workspace.folder:
        return ""
    return f" --dir {shlex.quote(str(workspace.folder))}"


def summary_told(summary: Summary) -> dict[str, object]:
    """The summary for a script."""
    assessment = summary.assessment
    return {
        "folder": assessment.workspace.folder, "synthetic": assessment.workspace.synthetic, "year": assessment.year, "known_at": assessment.known.known_at,
        "runs": [run_told(run) for run in assessment.runs],
        "skipped": [{"rulebook": s.rulebook, "why": s.why} for s in assessment.skipped],
        "views": [view_told(v) for v in summary.views],
        "cases": [{"process": c.process, "rulebook": c.rulebook, "opened": c.opened, "kept": c.kept, "changed": c.changed,
                   "open": c.standing} for c in summary.cases],
        "next": [{"command": step, "why": why} for step, why in next_steps(summary)],
    }


def run_told(run: Run) -> dict[str, object]:
    """One run for a script."""
    s = run.stored
    return {"key": s.key, "rulebook": s.rulebook, "title": run.reading.book.title, "version": s.version, "law_date": s.law_date,
            "status": run.reading.status, "fresh": run.fresh, "counts": _counts(s.counts), "unknown": s.counts.get("", 0)}


def _counts(counts: Mapping[str, int]) -> dict[str, int]:
    return {outcome: many for outcome, many in counts.items() if outcome}


def _run_row(run: Run) -> list[str]:
    counts = run.stored.counts
    order = [code for code, _ in run.reading.outline.codes]
    codes = sorted((c for c in counts if c), key=lambda c: order.index(c) if c in order else len(order))
    outcomes = said("，", ", ").join(f"{told(_short(run, code))} {counts[code]:,}" for code in codes)
    unknown = counts.get("", 0)
    return [run.stored.rulebook, told(run.reading.book.form.answers), outcomes, f"{unknown:,}" if unknown else "", told(run.reading.status.label)]


def _short(run: Run, code: str) -> Text:
    return same(code) if len(code) <= 2 and code.isalpha() else run.reading.code_title(code)

