"""qiantang policies: which titles and benefits one enterprise meets, nearly meets, and what is missing for each."""

from __future__ import annotations

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.declaring import command
from qiantang.cli.language import said, told
from qiantang.cli.options import DirOption, SubjectArgument
from qiantang.cli.screen import Screen
from qiantang.kernel.words import Text


def declare(app: typer.Typer) -> None:
    """Declare the command."""
    command(app, "policies", said("政策匹配：一家企业符合、接近哪些称号与奖补，各缺什么。",
                                  "Policy matching: which titles and benefits an enterprise meets, nearly meets, and what is missing."),
            ["qiantang policies 913301…", "qiantang policies 示例企业 --json"])(policies)


def policies(subject: SubjectArgument, directory: DirOption = None) -> Answer:
    """Match one enterprise with all policies of the house."""
    from qiantang.district.asking import asking
    from qiantang.district.brain import Brain
    from qiantang.district.identity import KEYBOARD
    from qiantang.district.pages.policies import NOTE, matches_in, missing_of
    from qiantang.district.workspace import found_workspace
    from qiantang.kernel.errors import SubjectError

    brain = Brain(found_workspace(directory).folder)
    try:
        if not brain.workspace.assessed:
            raise SubjectError.of("尚未评价", "nothing has been assessed yet", remedy=Text("请先运行 qiantang assess。", "Run first: qiantang assess"))
        with asking(brain, KEYBOARD, {}) as ask:
            inquiry = ask.inquiry(brain.workspace.assessed[0])
            code = inquiry.subject(subject)
            facts = inquiry.every_fact(code)
            found = matches_in(ask, inquiry, code, facts)
            name = str(facts.get("name") or code)
            rows = [(m, missing_of(m)) for m in found]
    finally:
        brain.close()

    def draw(screen: Screen) -> None:
        screen.heading(f"{name} {code}")
        screen.table([said("政策", "policy"), said("匹配", "standing"), said("缺什么", "what is missing")],
                     [[told(m.reading.book.title), told(m.standing.label), told(missing)] for m, missing in rows], indent=2)
        screen.note(told(NOTE), indent=2)

    return Answer({"subject": code, "name": name, "policies": [
        {"rulebook": m.reading.book.id, "title": m.reading.book.title, "kind": m.offer.kind, "standing": m.standing, "standing_title": m.standing.label,
         "outcome": m.outcome, "missing": missing, "worth_wan": m.worth, "status": m.reading.status,
         "gaps": [{"criterion": one.criterion.id, "fact": g.column.name, "unit": g.column.unit.title, "now": None if g.now is None else
                   g.column.type.decimal(g.now), "needed": g.column.type.decimal(g.needed)} for one in m.lacking for g in one.figures]}
        for m, missing in rows]}, draw)
