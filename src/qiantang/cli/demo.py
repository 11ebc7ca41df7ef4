"""qiantang demo: builds the demonstration district, assesses it, and leads from one finding to a reform."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.declaring import command
from qiantang.cli.language import said
from qiantang.cli.plant_parts import plant_parts
from qiantang.cli.screen import Screen
from qiantang.kernel.errors import FactsError, Place
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    from qiantang.district.demo import DemoReport

ENTERPRISES = 4_000
SEED = 20220401
_MOST_SECONDS = 3600


def declare(app: typer.Typer) -> None:
    """Declare the command."""
    command(app, "demo", said("建立示范地区并评价：数据全部由程序生成，与真实主体无关。再次运行则重新开始。",
                              "Build and assess the demonstration district; all its data are made by a program, nobody in it is real. "
                              "Run again, it starts anew."),
            ["qiantang demo", "qiantang demo --dir my-demo --enterprises 1000 --seed 7", "qiantang demo --plant 60"])(demo)


def demo(
    directory: Annotated[Path, typer.Option("--dir", metavar="DIR", help=said("放在哪个文件夹", "the folder to put it in"))] = Path("demo-district"),
    enterprises: Annotated[int, typer.Option("--enterprises", help=said(
        "企业数（1,000 至 1,000,000）", "how many enterprises (1,000 to 1,000,000)"))] = ENTERPRISES,
    seed: Annotated[int, typer.Option("--seed", help=said("随机种子；同一种子得同一地区", "seed; the same seed gives the same district"))] = SEED,
    plant: Annotated[int, typer.Option("--plant", min=0, max=_MOST_SECONDS, help=said(
        "再看示范工厂运行多少秒", "then watch the demonstration plant for so many seconds"))] = 0,
) -> Answer:
    """Build, read, assess, show."""
    from qiantang.cli.assess import assessed, taken
    from qiantang.cli.opening import engine_at_hand
    from qiantang.cli.progress import part, progress
    from qiantang.district.demo import build_demo
    from qiantang.district.intake import QUARANTINE
    from qiantang.district.reading import ReadService
    from qiantang.district.summary import summary_of
    from qiantang.district.workspace import Workspace

    _refuse_others(directory)
    if plant:
        # What is missing for the plant is told before the district is made, not after.
        with plant_parts():
            import_module("qiantang.district.plant.demonstration")
    with progress() as tell, engine_at_hand() as engine, _beside(directory) as fresh:
        made = replace(build_demo(fresh, enterprises, seed, progress=part(tell, 0, 0.25)), directory=directory)
        report = taken(Workspace(fresh), engine, part(tell, 0.25, 0.5))
        first = assessed(Workspace(fresh), engine, part(tell, 0.5, 0.95))
        _put_in_place(fresh, directory)
        # Every run is there already, so this only opens them where they now stand.
        workspace = Workspace(directory)
        again = replace(assessed(workspace, engine, lambda _, __: None), applied=first.applied)
        report = replace(report, quarantine=str(workspace.hidden / QUARANTINE) if report.quarantine else "")
        summary = summary_of(again, ReadService(workspace, engine))

    from qiantang.cli.factory import draw_watched, watched

    seen = watched(directory, plant) if plant else None

    def draw(screen: Screen) -> None:
        from qiantang.cli.intakes import draw_intake
        from qiantang.cli.summaries import draw_summary

        _draw_made(screen, made)
        screen.heading(said("读入", "Read"))
        draw_intake(screen, report, brief=True)
        if seen is not None:
            screen.heading(said("未来工厂", "The future factory"))
            draw_watched(screen, *seen)
        draw_summary(screen, summary)
        screen.heading(said("在浏览器中打开", "Open it in the browser"))
        screen.command(f"qiantang serve {directory}", Text("驾驶舱、评价、案件、工厂；地址与示范账号会一并显示",
                                                           "cockpit, evaluations, cases, plants; it says the address and the demonstration's accounts"))

    from qiantang.cli.summaries import summary_told

    return Answer({"demonstration": made.to_json(), "intake": report.to_json(), **summary_told(summary)}, draw)


def _draw_made(screen: Screen, made: DemoReport) -> None:
    screen.heading(said("示范地区", "The demonstration district"))
    screen.warning(made.notice)
    screen.line(said(f"{made.enterprises:,} 家企业，{len(made.sheets)} 张表，{made.rows:,} 行，种子 {made.seed}，位于 {made.directory}；"
                     f"有意放入 {len(made.dirt)} 处差错。",
                     f"{made.enterprises:,} enterprises, {len(made.sheets)} sheets, {made.rows:,} rows, seed {made.seed}, in {made.directory}; "
                     f"{len(made.dirt)} flaws were put in on purpose."))


@contextmanager
def _beside(directory: Path) -> Iterator[Path]:
    """A folder beside the one asked for, to build in: until all is done, what stands there stands whole."""
    directory.resolve().parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.resolve().parent))
    try:
        yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _refuse_others(directory: Path) -> None:
    """Only an earlier demonstration is replaced."""
    from qiantang.district.workspace import DEMONSTRATION

    if directory.exists() and not (directory / DEMONSTRATION).is_dir() and (not directory.is_dir() or any(directory.iterdir())):
        raise FactsError.of("文件夹不空，且不是示范地区", "the folder is not empty and holds no demonstration", place=Place(str(directory)),
                            remedy=Text("请用 --dir 另给一个文件夹。", "Name another folder with --dir."))


def _put_in_place(fresh: Path, directory: Path) -> None:
    """The new one where the old one stood."""
    old = fresh.with_name(fresh.name + "-old")
    if directory.exists():
        directory.resolve().rename(old)
    fresh.chmod(0o755)
    fresh.rename(directory.resolve())
    shutil.rmtree(old, ignore_errors=True)
