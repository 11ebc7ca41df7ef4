"""qiantang demo: builds the demonstration district, assesses it, and leads from one finding to a reform."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.declaring import command
from qiantang.cli.language import said
from qiantang.cli.screen import Screen

if TYPE_CHECKING:
    from qiantang.district.demo import DemoReport

ENTERPRISES = 4_000
SEED = 20220401


def declare(app: typer.Typer) -> None:
    """Declare the command."""
    command(app, "demo", said("建立示范地区并评价：数据全部由程序生成，与真实主体无关。",
                              "Build and assess the demonstration district; all its data are made by a program, nobody in it is real."),
            ["qiantang demo", "qiantang demo --dir my-demo --enterprises 1000 --seed 7"])(demo)


def demo(
    directory: Annotated[Path, typer.Option("--dir", metavar="DIR", help=said("放在哪个文件夹", "the folder to put it in"))] = Path("demo-district"),
    enterprises: Annotated[int, typer.Option("--enterprises", help=said("企业数（1,000 至 1,000,000）", "how many enterprises (1,000 to 1,000,000)"))] = ENTERPRISES,
    seed: Annotated[int, typer.Option("--seed", help=said("随机种子；同一种子得同一地区", "seed; the same seed gives the same district"))] = SEED,
) -> Answer:
    """Build, read, assess, show."""
    from qiantang.cli.assess import assessed, taken
    from qiantang.cli.opening import engine_at_hand
    from qiantang.cli.progress import part, progress
    from qiantang.district.demo import build_demo
    from qiantang.district.reading import ReadService
    from qiantang.district.summary import summary_of
    from qiantang.district.workspace import Workspace

    with progress() as tell:
        made = build_demo(directory, enterprises, seed, progress=part(tell, 0, 0.25))
        workspace = Workspace(directory)
        workspace.forget_facts()
        with engine_at_hand() as engine:
            report = taken(workspace, engine, part(tell, 0.25, 0.5))
            assessment = assessed(workspace, engine, part(tell, 0.5, 0.95))
            summary = summary_of(assessment, ReadService(workspace, engine))

    def draw(screen: Screen) -> None:
        from qiantang.cli.intakes import draw_intake
        from qiantang.cli.summaries import draw_summary

        _draw_made(screen, made)
        screen.heading(said("读入", "Read"))
        draw_intake(screen, report, brief=True)
        draw_summary(screen, summary)

    from qiantang.cli.summaries import summary_told

    return Answer({"demonstration": made.to_json(), "intake": report.to_json(), **summary_told(summary)}, draw)


def _draw_made(screen: Screen, made: DemoReport) -> None:
    screen.heading(said("示范地区", "The demonstration district"))
    screen.warning(made.notice)
    screen.line(said(f"{made.enterprises:,} 家企业，{len(made.sheets)} 张表，{made.rows:,} 行，种子 {made.seed}，位于 {made.directory}；有意放入 {len(made.dirt)} 处差错。",
                     f"{made.enterprises:,} enterprises, {len(made.sheets)} sheets, {made.rows:,} rows, seed {made.seed}, in {made.directory}; "
                     f"{len(made.dirt)} flaws were put in on purpose."))
