"""qiantang template: an Excel workbook for the departments to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.declaring import command
from qiantang.cli.language import said
from qiantang.cli.screen import Screen


def declare(app: typer.Typer) -> None:
    """Declare the command."""
    command(app, "template", said("生成填报模板（Excel）：各表一页，列名带单位、批注与下拉选项。",
                                  "Make an Excel workbook to fill in: a sheet for each table, headers with units, notes and lists."),
            ["qiantang template my-district/facts.xlsx", "qiantang template facts.xlsx --table enterprises --table enterprise_years"])(template)


def template(
    path: Annotated[Path, typer.Argument(metavar="PATH", help=said("要写的 .xlsx 文件", "the .xlsx file to write"))],
    table: Annotated[list[str], typer.Option("--table", metavar="NAME", show_default=False, help=said(
        "只要这些表（可多次给出）", "only these tables (may be given several times)"))] = [],  # noqa: B006 # Typer reads a list
    force: Annotated[bool, typer.Option("--force", help=said("覆盖已有文件", "overwrite a file that is there"))] = False,
) -> Answer:
    """Write the template; a file that is there is kept unless it may be overwritten."""
    from qiantang.district.assembly import house
    from qiantang.kernel.errors import FactsError, Place
    from qiantang.kernel.words import Text, preferred_lang
    from qiantang.links.templates import write_template

    tables = house().tables
    known = {t.name: t for t in tables}
    strangers = [name for name in table if name not in known]
    if strangers:
        raise FactsError.of(f"没有表 {'、'.join(strangers)}", f"there is no table {', '.join(strangers)}", value=strangers,
                            remedy=Text("可用：" + "、".join(known), "There are: " + ", ".join(known)))
    target = path if path.suffix.lower() == ".xlsx" else path.with_name(path.name + ".xlsx")
    if target.exists() and not force:
        raise FactsError.of("文件已存在，未覆盖", "the file is there already; not overwritten", place=Place(str(target)),
                            remedy=Text("另给文件名，或加 --force。", "Give another name, or add --force."))
    chosen = [known[name] for name in table] or list(tables)
    write_template(target, chosen, preferred_lang())

    def draw(screen: Screen) -> None:
        screen.line(said(f"已写出 {target}：{len(chosen)} 张表。", f"Wrote {target}: {len(chosen)} tables."))
        screen.table([said("表", "table"), said("名称", "title"), said("列", "columns"), said("必填", "required")],
                     [[t.name, t.title, str(len(t.columns)), said("、", ", ").join(
                         c.title.said(preferred_lang()) for c in t.columns if c.required or c.name in t.key)] for t in chosen], right=[2])
        screen.heading(said("接下来", "Next"))
        screen.command(f"qiantang check {target.parent}", said("填写后检查", "check it once filled in"))

    return Answer({"path": target, "tables": [{"name": t.name, "title": t.title, "columns": [c.name for c in t.columns]} for t in chosen]}, draw)
