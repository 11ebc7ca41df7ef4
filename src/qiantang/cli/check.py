"""qiantang check: whether a folder of workbooks can be read, and what is to be mended, before anything is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qiantang.cli.answers import Answer, Code
from qiantang.cli.declaring import command
from qiantang.cli.language import said
from qiantang.cli.screen import Screen

DirectoryArgument = Annotated[Path, typer.Argument(metavar="DIR", help=said("存放各部门工作簿的文件夹", "the folder with the departments' workbooks"))]


def declare(app: typer.Typer) -> None:
    """Declare the command."""
    command(app, "check", said("检查文件夹中的工作簿：读入多少、隔离多少、哪些列没读、如何修改；不保存事实。有问题时退出码为 1。",
                               "Check a folder's workbooks: rows read and kept out, columns not understood, what to mend; keeps no fact. "
                               "Exit code 1 where something is to be mended."),
            ["qiantang check my-district"])(check)


def check(directory: DirectoryArgument) -> Answer:
    """Take the folder through the door without keeping it."""
    from qiantang.cli.intakes import draw_intake
    from qiantang.cli.opening import acting_day, engine_at_hand
    from qiantang.cli.progress import progress, reading_files
    from qiantang.district.intake import look_over
    from qiantang.district.workspace import Workspace, existing

    workspace = Workspace(existing(directory))
    workspace.refuse_broken()
    with engine_at_hand() as engine, progress() as tell:
        report = look_over(workspace, acting_day(workspace, None), engine, reading_files(tell))
    wrong = bool(report.faults)

    def draw(screen: Screen) -> None:
        draw_intake(screen, report)
        screen.heading(said("接下来", "Next"))
        why = said("隔离的行不参与评价，其余照常", "quarantined rows stay out, the rest is assessed") if wrong else said("评价", "assess it")
        screen.command(f"qiantang assess {directory}", why)

    return Answer(report.to_json(), draw, Code.ATTENTION if wrong else Code.DONE)
