"""qiantang explain: why one subject has its outcome, clause by clause, down to source file and row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.declaring import command
from qiantang.cli.language import said, told
from qiantang.cli.options import DirOption, RulebookOption, SubjectArgument
from qiantang.cli.screen import Screen
from qiantang.kernel.errors import SubjectError

if TYPE_CHECKING:
    from qiantang.district.inquiries import Inquiry
    from qiantang.district.reading import ReadService
    from qiantang.kernel.expressions.evaluate import Stored


def declare(app: typer.Typer) -> None:
    """Declare the command."""
    command(app, "explain", said("解释一个对象的结论：逐条说明，直到条款、参数、事实、来源文件与行。",
                                 "Explain one subject's outcome: clause by clause, down to parameter, fact, source file and row."),
            ["qiantang explain 913301… ", "qiantang explain 0042 --rulebook mu/huangyan-2022 --lang zh"])(explain)


def explain(
    subject: SubjectArgument, rulebook: RulebookOption = None,
    short: Annotated[bool, typer.Option("--short", help=said("只列各规则的结论", "only the outcome by each rulebook"))] = False,
    directory: DirOption = None,
) -> Answer:
    """All rulebooks' outcomes of the subject, then one of them explained."""
    from qiantang.cli.opening import asked_inquiry, opened

    with opened(directory) as reads:
        inquiry = asked_inquiry(reads, rulebook)
        code = inquiry.subject(subject)
        outcomes = _outcomes(reads, code)
        name = inquiry.facts(code).get("name")
        if rulebook is None and outcomes and all(one.book.id != inquiry.book.id for one, _ in outcomes):
            inquiry = outcomes[0][0]
        explanation = None if short else inquiry.explain(code)
        synthetic = reads.workspace.synthetic

    def draw(screen: Screen) -> None:
        from qiantang.cli.explanations import draw_explanation
        from qiantang.cli.summaries import SYNTHETIC

        screen.heading(f"{name or code}" + (f" · {code}" if name else ""))
        if synthetic:
            screen.warning(SYNTHETIC)
        screen.table([said("规则", "rulebook"), said("回答", "answers"), said("结论", "outcome")],
                     [[one.book.id, one.book.form.answers, _said(one, outcome)] for one, outcome in outcomes], indent=2)
        if explanation is not None:
            draw_explanation(screen, explanation)

    return Answer({
        "subject": code, "name": name, "synthetic": synthetic,
        "outcomes": [{"rulebook": one.book.id, "outcome": outcome, "title": None if outcome is None else one.reading.code_title(str(outcome))}
                     for one, outcome in outcomes],
        "explanation": None if explanation is None else explanation.to_json(),
    }, draw)


def _outcomes(reads: ReadService, code: str) -> list[tuple[Inquiry, Stored]]:
    """The subject's outcome by every rulebook that judged it."""
    from qiantang.district.inquiries import Inquiry

    found = []
    for id in reads.workspace.assessed:
        inquiry = Inquiry(reads, id)
        try:
            found.append((inquiry, inquiry.row(code)["outcome"]))
        except SubjectError:
            continue
    return found


def _said(inquiry: Inquiry, outcome: Stored) -> str:
    if outcome is None:
        return said("未知", "unknown")
    title = told(inquiry.reading.code_title(str(outcome)))
    return title if title.startswith(str(outcome)) or len(str(outcome)) > 2 else f"{outcome} {title}"
