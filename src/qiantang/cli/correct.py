"""qiantang correct: a wrong fact is put right with evidence, everybody is judged again, and the difference is shown."""

from __future__ import annotations

from typing import Annotated

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.declaring import command
from qiantang.cli.language import said, told
from qiantang.cli.options import ByOption, DayOption, DirOption
from qiantang.cli.screen import Screen
from qiantang.cli.values import exact, sentence

LISTED = 10


def declare(app: typer.Typer) -> None:
    """Declare the command."""
    command(app, "correct", said("凭依据更正一个事实：旧值保留，重新评价，显示与此前结果的差异。",
                                 "Correct a fact with evidence: the old value is kept, everybody is judged again, the difference is shown."),
            ["qiantang correct enterprise_years 913301…/2022 tax_paid_wan 128.5 --evidence "
             + said("税务局2023第12号证明", "'tax bureau, certificate 12 of 2023'")])(correct)


def correct(
    table: Annotated[str, typer.Argument(metavar="TABLE", help=said("数据表，如 enterprise_years", "table, such as enterprise_years"))],
    key: Annotated[str, typer.Argument(metavar="KEY", help=said(
        "行的键，各部分用 / 隔开，如 信用代码/年度", "key of the row, its parts with / between, such as code/year"))],
    column: Annotated[str, typer.Argument(metavar="COLUMN", help=said("列，如 tax_paid_wan", "column, such as tax_paid_wan"))],
    value: Annotated[str, typer.Argument(metavar="VALUE", help=said("新值，以该列单位计", "the new value, in the column's unit"))],
    evidence: Annotated[str, typer.Option("--evidence", metavar="TEXT", help=said("依据的凭证", "what proves it"))],
    by: ByOption = None, on: DayOption = None, directory: DirOption = None,
) -> Answer:
    """Correct, judge again, compare."""
    from qiantang.cli.opening import acting_day, actor, engine_at_hand, now
    from qiantang.district.correcting import correct as put_right
    from qiantang.district.workspace import found_workspace

    workspace = found_workspace(directory)
    with engine_at_hand() as engine:
        done = put_right(workspace, engine, table=table, key=key, column=column, written=value, evidence=evidence,
                         actor=actor(workspace.house.processes, by), on=acting_day(workspace, on), at=now())

    def draw(screen: Screen) -> None:
        screen.heading(said("已更正", "Corrected"))
        kind = done.column.type
        screen.line(f"{table} {key} · {told(done.column.title)}: {sentence(done.old, kind)} → {sentence(done.new, kind)}", indent=2)
        screen.note(said(f"依据：{evidence}；审计日志第 {done.correction.number} 条",
                         f"evidence: {evidence}; entry {done.correction.number} of the audit log"), indent=2)
        screen.heading(said("与此前评价的差异", "Difference to the earlier assessment"))
        for difference in done.differences:
            reading, moved = difference.reading, difference.moved
            said_of = said(f"{len(moved):,} 家变动", f"{len(moved):,} move") if moved else said("无变动", "nobody moves")
            screen.line(f"{reading.book.id}: {said_of}", indent=2)
            rows = []
            for row in moved[:LISTED]:
                before, after = (said("未知", "unknown") if row[side] is None else told(reading.code_title(str(row[side]))) for side in ("before", "after"))
                rows.append([str(row["subject"]), before, after])
            if rows:
                screen.table([said("对象", "subject"), said("此前", "before"), said("现在", "now")], rows, indent=4)

    return Answer({
        "table": table, "key": key, "column": column, "old": exact(done.old, done.column.type), "new": exact(done.new, done.column.type),
        "evidence": evidence, "entry": done.correction.number,
        "differences": [{"rulebook": d.reading.book.id, "run_before": d.before.key, "run_after": d.after.key,
                         "moved": [{"subject": r["subject"], "before": r["before"], "after": r["after"]} for r in d.moved]} for d in done.differences]}, draw)
