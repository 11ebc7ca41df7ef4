"""qiantang assess: a folder of workbooks becomes findings and cases, with a summary and what to type next."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.check import DirectoryArgument
from qiantang.cli.declaring import command
from qiantang.cli.language import said
from qiantang.cli.options import ByOption, day
from qiantang.cli.screen import Screen

if TYPE_CHECKING:
    from qiantang.cli.progress import Told
    from qiantang.district.assess import Assessment
    from qiantang.district.workspace import Workspace
    from qiantang.engines.duckdb import DuckDBEngine
    from qiantang.kernel.facts.intake import IntakeReport

_DAY = said("年-月-日", "YYYY-MM-DD")


def declare(app: typer.Typer) -> None:
    """Declare the command."""
    command(app, "assess", said("评价一个文件夹：读入工作簿，逐部适用规则，开立案件，给出摘要。",
                                "Assess a folder: read its workbooks, apply the rulebooks, open cases, give a summary."),
            ["qiantang assess my-district", "qiantang assess my-district --on 2022-12-31 --rulebook mu/huangyan-2022 --out results --format xlsx",
             "qiantang assess my-district --rulebook mu/linhai-2014 --no-cases", "qiantang assess my-district --known-at 2023-03-31"])(assess)


def assess(
    directory: DirectoryArgument,
    on: Annotated[date | None, typer.Option("--on", metavar=_DAY, parser=day, show_default=False, help=said(
        "按哪一天的规则文本；默认为地区设定", "the day the law is read; default: the district's setting"))] = None,
    year: Annotated[int | None, typer.Option("--year", show_default=False, help=said(
        "评价年度；默认为地区设定", "year of the facts; default: the district's"))] = None,
    rulebook: Annotated[list[str], typer.Option("--rulebook", metavar="ID", show_default=False, help=said(
        "只适用这些规则（可多次给出）", "only these rulebooks (may be given several times)"))] = [],  # noqa: B006 # Typer reads a list
    known_at: Annotated[date | None, typer.Option("--known-at", metavar=_DAY, parser=day, show_default=False, help=said(
        "按当日已知的事实重评，不再读入工作簿", "assess the facts as known on that day, reading no workbook"))] = None,
    cases: Annotated[bool | None, typer.Option("--cases/--no-cases", show_default=False, help=said(
        "全部开立案件，或一件不开；默认：试用的规则不开立",
        "open cases on every finding, or none; default: a rulebook that is only tried opens none"))] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FOLDER", show_default=False, help=said(
        "把结果另存到此文件夹", "write the results into this folder, too"))] = None,
    form: Annotated[str, typer.Option("--format", metavar="FORM", help=said(
        "结果格式：parquet、xlsx 或 csv", "form of the results: parquet, xlsx or csv"))] = "parquet",
    by: ByOption = None,
) -> Answer:
    """Read, judge, open cases, show."""
    from qiantang.cli.opening import engine_at_hand
    from qiantang.cli.progress import part, progress
    from qiantang.district.reading import ReadService
    from qiantang.district.results import known_form, write_results
    from qiantang.district.summary import summary_of
    from qiantang.district.workspace import Workspace, existing
    from qiantang.kernel.words import preferred_lang

    wanted = known_form(form)
    workspace = Workspace(existing(directory))
    workspace.refuse_broken()
    with engine_at_hand() as engine, progress() as tell:
        report = None if known_at is not None else taken(workspace, engine, part(tell, 0, 0.4))
        assessment = assessed(workspace, engine, part(tell, 0.4, 0.95), on=on, year=year, rulebooks=rulebook, known_at=known_at, by=by,
                              cases=cases)
        reads = ReadService(workspace, engine)
        written = write_results(assessment, reads, out, wanted, preferred_lang()) if out is not None else []
        summary = summary_of(assessment, reads)

    def draw(screen: Screen) -> None:
        from qiantang.cli.intakes import draw_intake
        from qiantang.cli.summaries import draw_summary

        if report is not None:
            screen.heading(said("读入", "Read"))
            draw_intake(screen, report, brief=True)
        draw_summary(screen, summary)
        if written:
            screen.heading(said("结果文件", "Files written"))
            for path in written:
                screen.line(str(path), indent=2)

    from qiantang.cli.summaries import summary_told

    return Answer({"intake": None if report is None else report.to_json(), **summary_told(summary), "written": written}, draw)


def taken(workspace: Workspace, engine: DuckDBEngine, tell: Told) -> IntakeReport:
    """Take the folder in; FactsError where it holds nothing that can be read."""
    from qiantang.cli.opening import acting_day
    from qiantang.cli.progress import reading_files
    from qiantang.district.intake import take_in

    return take_in(workspace, acting_day(workspace, None), engine, reading_files(tell))


def assessed(workspace: Workspace, engine: DuckDBEngine, tell: Told, *, on: date | None = None, year: int | None = None,
             rulebooks: list[str] | None = None, known_at: date | None = None, by: str | None = None,
             cases: bool | None = None) -> Assessment:
    """Apply the rulebooks as the person at the keyboard."""
    from qiantang.cli.opening import acting_day, actor, now
    from qiantang.district.assess import assess as apply

    return apply(workspace, engine, known_at=known_at or acting_day(workspace, None), at=now(), actor=actor(workspace.house.processes, by),
                 year=year, on=on, rulebooks=rulebooks or [], cases=cases, progress=tell)
