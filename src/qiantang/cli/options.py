"""Options that several commands share, declared once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from qiantang.cli.language import said


def day(written: str) -> date:
    """A day as a person types it."""
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise typer.BadParameter(said(f"“{written}”不是日期，请写成 2022-12-31", f"'{written}' is no day; write it as 2022-12-31")) from None


_DAY = said("年-月-日", "YYYY-MM-DD")
DirOption = Annotated[Path | None, typer.Option("--dir", metavar="DIR", show_default=False, help=said(
    "已评价的地区文件夹；默认为当前位置向上最近的一个", "assessed district folder; default: the nearest one from here upwards"))]
RulebookOption = Annotated[str | None, typer.Option("--rulebook", metavar="ID", show_default=False, help=said(
    "规则编号；默认为地区的第一部", "rulebook id; default: the district's first"))]
SubjectArgument = Annotated[str, typer.Argument(metavar="SUBJECT", help=said("统一社会信用代码或名称（可只写一部分）", "credit code or name, or a part of it"))]
DayOption = Annotated[date | None, typer.Option("--on", metavar=_DAY, parser=day, show_default=False, help=said(
    "办理日期；默认为今天（示例地区为其评价日）", "day of the act; default: today (in a demonstration its law day)"))]
LimitOption = Annotated[int | None, typer.Option("--limit", min=1, show_default=False, help=said("最多显示多少行", "how many rows at most"))]
ByOption = Annotated[str | None, typer.Option("--by", metavar="NAME", show_default=False, help=said(
    "经办人；默认为登录名", "who acts; default: your login name"))]
PlantOption = Annotated[str | None, typer.Option("--plant", metavar="ID", show_default=False, help=said(
    "工厂编号；只有一个工厂时可不写", "the plant; not needed where there is only one"))]
