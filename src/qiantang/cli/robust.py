"""qiantang robust: which outcomes hold whatever the unread clauses say, and which turn on them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.declaring import command
from qiantang.cli.language import said, told
from qiantang.cli.options import DirOption, LimitOption, RulebookOption
from qiantang.cli.rulebooks import calling
from qiantang.cli.screen import Screen
from qiantang.kernel.rulebooks.telling import admissible_told, value_told

if TYPE_CHECKING:
    from qiantang.district.inquiries import Inquiry
    from qiantang.kernel.findings.robust import Robustness

LISTED = 15


def declare(app: typer.Typer) -> None:
    """Declare the command."""
    command(app, "robust", said("坚实还是悬于推测：在占位参数与缺失事实的一切可能取值下，每个对象的结论有哪几种可能。",
                                "Firm or hanging on a guess: over all admissible values of placeholders and missing facts, which outcomes each "
                                "subject may have. Exit code 0 either way."),
            ["qiantang robust --rulebook mu/huangyan-2022", "qiantang robust --splits 4"])(robust)


def robust(
    rulebook: RulebookOption = None,
    splits: Annotated[int | None, typer.Option("--splits", min=1, max=16, show_default=False, help=said(
        "每个数值范围切成几段，越细越紧；默认视组合数取 1 或 2",
        "parts each range is cut into, finer is tighter; default: 1 or 2, as the combinations allow"))] = None,
    limit: LimitOption = None, directory: DirOption = None,
) -> Answer:
    """Evaluate over all of them and count."""
    from qiantang.cli.opening import asked_inquiry, opened
    from qiantang.cli.progress import progress
    from qiantang.kernel.words import Text

    with opened(directory) as reads, progress() as tell:
        inquiry = asked_inquiry(reads, rulebook)
        tell(Text("逐一试算可能取值", "trying the admissible values"), 0.1)
        found = inquiry.robust(splits)
        hanging = [s for s in found.standings if not s.firm]
        names = inquiry.names([s.subject for s in hanging])

    def draw(screen: Screen) -> None:
        screen.heading(inquiry.book.title)
        firm = len(found.standings) - len(hanging)
        screen.line(said(f"{firm:,} 个结论无论未读的条款怎么说都成立；{len(hanging):,} 个取决于它们。",
                         f"{firm:,} hold whatever the unread clauses say; {len(hanging):,} turn on them."), style="bold", indent=2)
        _draw_guesses(screen, inquiry, found)
        if not hanging:
            return
        decides = Counter(name for s in hanging for name in s.decides)
        jointly = sum(1 for s in hanging if s.jointly)
        screen.heading(said("由什么决定", "What decides"))
        rows = [[_named(inquiry, name), name, f"{many:,}"] for name, many in decides.most_common()]
        rows += [[said("几项共同决定", "several together"), "", f"{jointly:,}"]] if jointly else []
        screen.table([said("条款或事实", "clause or fact"), said("参数", "parameter"), said("对象数", "subjects")], rows, right=[2], indent=2)
        screen.heading(said("取决于推测的对象", "Subjects that turn on them"))
        most = limit or LISTED
        screen.table([said("名称", "name"), said("代码", "code"), said("可能的结论", "possible outcomes"), said("由谁决定", "decided by")],
                     [[names.get(s.subject, ""), s.subject, _outcomes(inquiry, s.outcomes),
                       said("、", ", ").join(_named(inquiry, d) for d in s.decides) or said("几项共同", "several together")] for s in hanging[:most]], indent=2)
        if len(hanging) > most:
            screen.note(said(f"另有 {len(hanging) - most:,} 个；用 --limit 或 --json 查看",
                             f"{len(hanging) - most:,} more; see them with --limit or --json"), indent=2)

    return Answer({
        "rulebook": inquiry.book.id, "law_date": inquiry.reading.day, "combinations": found.combinations, "firm": len(found.standings) - len(hanging),
        "hanging": len(hanging),
        "guesses": [{"path": g.path, "title": g.title, "value": g.entry.value, "status": g.entry.status,
                     "admissible": g.entry.admissible} for g in found.guesses],
        "open_facts": [{"fact": name, "low": low, "high": high} for name, (low, high) in found.open_facts.items()],
        "subjects": [{"subject": s.subject, "name": names.get(s.subject), "outcomes": sorted(s.outcomes, key=lambda o: (o is None, o or "")),
                      "decides": s.decides, "jointly": s.jointly} for s in hanging]}, draw)


def _draw_guesses(screen: Screen, inquiry: Inquiry, found: Robustness) -> None:
    if not found.guesses:
        screen.note(said("本规则没有带可能取值的占位参数。", "This rulebook has no placeholder with admissible values."), indent=2)
        return
    screen.heading(said(f"未读的条款（{found.combinations:,} 种组合）", f"What was not read ({found.combinations:,} combinations)"))
    parameters, called = inquiry.book.parameters, calling(inquiry.book)
    screen.table([said("参数", "parameter"), said("现取", "taken as"), said("可能为", "may be"), said("可信程度", "status")],
                 [[g.title, value_told(parameters[g.path], g.entry, called), admissible_told(parameters[g.path], g.entry, called), g.entry.status.label]
                  for g in found.guesses], indent=2)


def _named(inquiry: Inquiry, name: str) -> str:
    if name in inquiry.book.parameters:
        return told(inquiry.book.parameters[name].title)
    columns = {c.name: c.title for c in inquiry.dossier.columns}
    return told(columns[name]) if name in columns else name


def _outcomes(inquiry: Inquiry, outcomes: frozenset[str | None]) -> str:
    order = [code for code, _ in inquiry.reading.outline.codes]
    known = sorted((o for o in outcomes if o is not None), key=lambda o: order.index(o) if o in order else len(order))
    words = [o if len(o) <= 2 else told(inquiry.reading.code_title(o)) for o in known]
    return said(" 或 ", " or ").join([*words, *([said("未知", "unknown")] if None in outcomes else [])])
