"""qiantang history: what was said of one subject over the years and runs, and which of its facts were corrected."""

from __future__ import annotations

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.declaring import command
from qiantang.cli.language import said, told
from qiantang.cli.options import DirOption, RulebookOption, SubjectArgument
from qiantang.cli.screen import Screen
from qiantang.cli.values import UNKNOWN
from qiantang.kernel.expressions.figures import grouped


def declare(app: typer.Typer) -> None:
    """Declare the command."""
    command(app, "history", said("一个对象历年、历次评价的结论与事实更正。", "A subject's outcomes over years and runs, and the corrections of its facts."),
            ["qiantang history 913301… --rulebook mu/huangyan-2022"])(history)


def history(subject: SubjectArgument, rulebook: RulebookOption = None, directory: DirOption = None) -> Answer:
    """Show the history."""
    from qiantang.cli.opening import opened
    from qiantang.district.histories import history_of

    with opened(directory) as reads:
        found = history_of(reads, subject, rulebook)

    def draw(screen: Screen) -> None:
        screen.heading(f"{found.name} · {found.subject}")
        rows = []
        for past in found.past:
            outcome = said("不适用", "does not apply") if not past.judged else UNKNOWN if past.outcome_title is None else told(past.outcome_title)
            again = said(f"（{past.again + 1} 次评价相同）", f" ({past.again + 1} runs alike)") if past.again else ""
            rows.append([past.run.period, past.run.rulebook, str(past.run.known_at), outcome + again, "" if past.score is None else grouped(past.score),
                         "" if past.decided_by is None else told(past.decided_by)])
        screen.table([said("年度", "year"), said("规则", "rulebook"), said("事实截至", "facts as of"), said("结论", "outcome"), said("得分", "score"),
                      said("决定因素", "decided by")], rows, right=[4], indent=2)
        if found.corrections:
            screen.heading(said("事实更正", "Facts corrected"))
            screen.table([said("表", "table"), said("行", "row"), said("列", "column"), said("原值", "was"), said("新值", "is"), said("依据", "evidence"),
                          said("经办", "by")], [[c.table, c.key, c.column, str(c.old), str(c.new), c.evidence, c.actor] for c in found.corrections],
                         indent=2)

    return Answer({
        "subject": found.subject, "name": found.name,
        "past": [{"run": p.run.key, "rulebook": p.run.rulebook, "version": p.run.version, "law_date": p.run.law_date, "known_at": p.run.known_at,
                  "year": p.run.period, "judged": p.judged, "outcome": p.outcome, "title": p.outcome_title, "score": p.score,
                  "decided_by": p.decided_by, "again": p.again} for p in found.past],
        "corrections": [{"table": c.table, "row": c.key, "column": c.column, "old": c.old, "new": c.new, "evidence": c.evidence, "by": c.actor,
                         "at": c.at} for c in found.corrections]}, draw)
