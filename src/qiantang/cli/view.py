"""qiantang view: one of the tables worth reading, made from the latest assessment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.declaring import command
from qiantang.cli.language import said
from qiantang.cli.options import DirOption, LimitOption, RulebookOption
from qiantang.cli.screen import Screen

if TYPE_CHECKING:
    from qiantang.district.reading import ReadService


def declare(app: typer.Typer) -> None:
    """Declare the command."""
    command(app, "view", said("显示一张视图（不写名称则列出全部视图）。", "Show a view of the latest assessment; without a name, list them all."),
            ["qiantang view", "qiantang view NAME --limit 50", "qiantang view NAME --json"])(view)


def view(
    name: Annotated[str | None, typer.Argument(metavar="NAME", show_default=False, help=said("视图名称", "name of the view"))] = None,
    rulebook: RulebookOption = None, limit: LimitOption = None, directory: DirOption = None,
) -> Answer:
    """Show the view, or list those there are."""
    from qiantang.cli.opening import opened
    from qiantang.cli.views import draw_view, view_told
    from qiantang.district.inquiries import inquiry_for_view

    with opened(directory) as reads:
        if name is None:
            return _all(reads)
        declared, inquiry = inquiry_for_view(reads, name, rulebook)
        table = inquiry.view(declared, limit)
        workspace = reads.workspace

    def draw(screen: Screen) -> None:
        draw_view(screen, table, workspace)
        screen.note(said(f"规则 {inquiry.book.id}，{inquiry.reading.day} 的文本，{inquiry.reading.status.label.zh}",
                         f"rulebook {inquiry.book.id} as it reads on {inquiry.reading.day}, {inquiry.reading.status.label.en}"), indent=2)

    return Answer(view_told(table), draw)


def _all(reads: ReadService) -> Answer:
    workspace = reads.workspace
    forms = {workspace.house.library.book(id).form.name: id for id in reversed(workspace.assessed)}
    rows = [(v, next((forms[f] for f in v.forms if f in forms), None)) for v in workspace.house.views]

    def draw(screen: Screen) -> None:
        screen.table([said("视图", "view"), said("内容", "what it shows"), said("出自规则", "from rulebook")],
                     [[v.name, v.title, made or said("未评价", "not assessed")] for v, made in rows])

    return Answer([{"view": v.name, "title": v.title, "rulebook": made} for v, made in rows], draw)
