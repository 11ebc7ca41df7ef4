"""qiantang compare: a reform on the same facts: who moves, because of what, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.declaring import command
from qiantang.cli.language import said, told
from qiantang.cli.options import DirOption, LimitOption, RulebookOption
from qiantang.cli.screen import Screen
from qiantang.kernel.errors import Fault, RulebookError
from qiantang.kernel.expressions.figures import grouped
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    from qiantang.district.inquiries import Inquiry, Reform
    from qiantang.kernel.expressions.evaluate import Stored

MOVED = 15


def declare(app: typer.Typer) -> None:
    """Declare the command."""
    command(app, "compare", said("改革测算：同样的事实，改动参数后谁会变动、为什么、花费多少。",
                                 "Try a reform: the same facts under changed parameters; who moves, why, and what it costs."),
            ["qiantang compare --rulebook mu/huangyan-2022 --set above.weight.tax_per_mu=40 --set above.weight.value_added_per_mu=10",
             "qiantang rulebooks mu/huangyan-2022   # " + said("查看可改的参数", "the parameters there are")])(compare)


def compare(
    changes: Annotated[list[str], typer.Option("--set", metavar="PATH=VALUE", help=said(
        "参数与新值（可多次给出）", "a parameter and its new value (may be given several times)"))],
    rulebook: RulebookOption = None, limit: LimitOption = None, directory: DirOption = None,
) -> Answer:
    """Judge everybody by both and set them side by side."""
    from qiantang.cli.opening import asked_inquiry, opened

    asked = pairs(changes)
    with opened(directory) as reads:
        inquiry = asked_inquiry(reads, rulebook)
        reform = inquiry.compare(asked)
        names = inquiry.names([str(row["subject"]) for row in reform.moved])

    def draw(screen: Screen) -> None:
        _draw_changes(screen, inquiry, reform)
        _draw_matrix(screen, reform)
        _draw_moved(screen, reform, names, limit or MOVED)
        if reform.cost is not None:
            before, after = reform.cost
            unit = told(_budget_unit(reform))
            change = after - before
            screen.heading(said("金额", "Money"))
            screen.line(said(f"{grouped(before)} → {grouped(after)} {unit}（{'+' if change > 0 else ''}{grouped(change)}）",
                             f"{grouped(before)} → {grouped(after)} {unit} ({'+' if change > 0 else ''}{grouped(change)})"), indent=2)

    return Answer({
        "rulebook": inquiry.book.id, "law_date": inquiry.reading.day,
        "changes": [{"path": path, "title": inquiry.book.parameters[path].title, "before": _value(inquiry, path), "after": str(value)}
                    for path, value in reform.changes.items()],
        "matrix": [{"before": row["before"], "after": row["after"], "many": row["many"]} for row in reform.matrix],
        "moved": [{"subject": row["subject"], "name": names.get(str(row["subject"])), "before": row["before"], "after": row["after"],
                   "decided_before": row["decided_before"], "decided_after": row["decided_after"],
                   "because": str(row["because"]).split(",") if row["because"] else []} for row in reform.moved],
        "cost": None if reform.cost is None else {"before": reform.cost[0], "after": reform.cost[1], "unit": _budget_unit(reform)}}, draw)


def pairs(written: Sequence[str]) -> dict[str, str]:
    """``name=value`` pairs; RulebookError names every one that is none."""
    wrong = [w for w in written if "=" not in w or not w.partition("=")[0].strip()]
    if wrong:
        raise RulebookError(*(Fault(Text(f"“{w}”应写成 名称=值", f"'{w}' must be written as name=value"), value=w, rule="name=value") for w in wrong))
    return {name.strip(): value.strip() for name, _, value in (w.partition("=") for w in written)}


def _value(inquiry: Inquiry, path: str) -> str:
    entry = inquiry.reading.used.get(path) or inquiry.book.parameters[path].on(inquiry.reading.day)
    value = entry.value
    return ",".join(str(v) for v in value) if isinstance(value, tuple) else str(value)


def _draw_changes(screen: Screen, inquiry: Inquiry, reform: Reform) -> None:
    screen.heading(said(f"改革测算 · {inquiry.book.title.zh}", f"Reform · {inquiry.book.title.en}"))
    for path, value in reform.changes.items():
        parameter = inquiry.book.parameters[path]
        after = ",".join(str(v) for v in value) if isinstance(value, tuple) else str(value)
        screen.line(f"{told(parameter.title)}: {_value(inquiry, path)} → {after} {told(parameter.unit.title)}", indent=2)
        entry = parameter.on(inquiry.reading.day)
        if entry.admissible is not None and value not in entry.admissible:
            screen.note(said("新值在所声明的可能范围之外", "the new value lies outside what the rulebook declares admissible"), indent=4)


def _draw_matrix(screen: Screen, reform: Reform) -> None:
    order = [code for code, _ in reform.before.outline.codes]
    counts = {(row["before"], row["after"]): row["many"] for row in reform.matrix}
    seen = {c for pair in counts for c in pair}
    rows = sorted(seen, key=lambda c: (c is None, order.index(str(c)) if c in order else len(order)))
    moved = sum(m for (a, b), m in counts.items() if a != b and isinstance(m, int))
    total = sum(m for m in counts.values() if isinstance(m, int))
    screen.heading(said(f"{total:,} 家中 {moved:,} 家变动（行：现行；列：改革后）", f"{moved:,} of {total:,} move (rows: now; columns: after)"))
    titles = [_outcome(reform, c) for c in rows]
    screen.table(["", *titles], [[_outcome(reform, before), *(_count(counts.get((before, after)), before == after) for after in rows)] for before in rows],
                 right=range(1, len(rows) + 1), indent=2)


def _count(many: Stored, same: bool) -> str:
    return "" if many is None else f"{many:,}" if not same else f"({many:,})"


def _draw_moved(screen: Screen, reform: Reform, names: Mapping[str, str], most: int) -> None:
    if not reform.moved:
        return
    titles = {c.id: c.title for c in reform.before.outline.criteria}
    screen.heading(said("变动的对象与原因", "Who moves, and because of what"))
    rows = []
    for row in reform.moved[:most]:
        because = [told(titles[b]) for b in str(row["because"] or "").split(",") if b in titles]
        decided = row["decided_after"]
        why = said("、", ", ").join(because) or said("名次变动：", "its place: ") + (told(titles[str(decided)]) if decided in titles else "")
        rows.append([names.get(str(row["subject"]), ""), str(row["subject"]), _outcome(reform, row["before"]), _outcome(reform, row["after"]), why])
    screen.table([said("名称", "name"), said("代码", "code"), said("现行", "now"), said("改革后", "after"), said("变动的条款", "what changed")], rows, indent=2)
    if len(reform.moved) > most:
        screen.note(said(f"另有 {len(reform.moved) - most:,} 家；用 --limit 或 --json 查看全部",
                         f"{len(reform.moved) - most:,} more; see them with --limit or --json"),
                    indent=2)


def _outcome(reform: Reform, code: Stored) -> str:
    if code is None:
        return said("未知", "unknown")
    return str(code) if len(str(code)) <= 2 else told(reform.before.code_title(str(code)))


def _budget_unit(reform: Reform) -> Text:
    value = reform.before.criterion(reform.before.outline.budget).value
    return Text("", "") if value is None else value.type.unit.title
