"""qiantang factory readings: the last reading of a plant's signals, and one signal over a span, as they came or gathered to steps."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.declaring import command
from qiantang.cli.language import said, told
from qiantang.cli.options import DirOption, PlantOption
from qiantang.cli.plant_parts import plant_parts
from qiantang.cli.screen import Screen
from qiantang.kernel.errors import ActionError
from qiantang.kernel.words import Text, preferred_lang

_MOST = 40
"""So many rows are drawn; a file and JSON have all of them."""


class Step(StrEnum):
    """How readings of a span are gathered."""

    EACH = "each"
    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"


def declare_readings(factory: typer.Typer) -> None:
    """Declare the command in the group of plants."""
    command(factory, "readings", said("查历史：全部信号此刻的读数，或一个信号的一段时间。",
                                      "Ask the history: every signal's last reading, or one signal over a span."),
            ["qiantang factory readings", "qiantang factory readings P1", "qiantang factory readings P1 --signal inner_pressure",
             "qiantang factory readings P1 --signal inner_pressure --since 2026-11-19 --step minute --csv week.csv"])(readings)


def readings(
    asset: Annotated[str, typer.Argument(metavar="ASSET", show_default=False, help=said(
        "设备编号；不写为整个工厂", "the asset; the whole plant where it is left out"))] = "",
    signal: Annotated[str, typer.Option("--signal", metavar="NAME", show_default=False, help=said(
        "该设备的哪个信号：名称、地址、种类或标题", "which of its signals: by name, address, kind or title"))] = "",
    since: Annotated[str, typer.Option("--since", metavar="TIME", show_default=False, help=said(
        "自何时起；默认为结束前一小时", "from when; default: an hour before the end"))] = "",
    until: Annotated[str, typer.Option("--until", metavar="TIME", show_default=False, help=said(
        "至何时止；默认为最后一个读数", "up to when; default: the last reading"))] = "",
    step: Annotated[Step, typer.Option("--step", help=said(
        "逐个读数，或按整秒、整分、整时汇总", "each as it came, or gathered to whole steps"))] = Step.EACH,
    path: Annotated[Path | None, typer.Option("--csv", metavar="FILE", show_default=False, help=said("写入 CSV 文件", "write them to a CSV file"))] = None,
    directory: DirOption = None, plant: PlantOption = None,
) -> Answer:
    """From the history, whether or not the node is at work; times by the plant's own clock."""
    if not signal and (since or until or step is not Step.EACH):
        raise ActionError.of("一段时间须指明信号", "a span is asked of one signal", value=since or until or step.value, remedy=Text(
            "请写明设备与 --signal。", "Name the asset and --signal."))
    if signal and not asset:
        raise ActionError.of("信号须连同其设备", "a signal is named with its asset", value=signal, remedy=Text(
            "请先写设备编号，如 P1 --signal inner_pressure。", "Write the asset first, such as P1 --signal inner_pressure."))
    with plant_parts():
        from qiantang.district.plant import asking
        from qiantang.district.plant.running import chosen_plant, zone_of
        from qiantang.district.workspace import Workspace, found_workspace
        from qiantang.domains.factory.alarms.wording import unit_said
        from qiantang.domains.factory.hours import instant
        from qiantang.kernel.pages.values import zone_said

        folder = chosen_plant((Workspace(directory) if directory is not None else found_workspace(None)).hidden, plant)
        zone = zone_of(folder)
        rows: list[dict[str, object]]
        if not signal:
            lately = asking.last_of(folder, asset)
            rows = [{"asset": one.signal.asset, "signal": one.signal.name, "address": one.signal.address, "title": one.signal.title,
                     "at": instant(one.at, zone).isoformat(), "value": one.value, "unit": one.signal.unit, "against": one.against} for one in lately]
            drawn = [[one.signal.asset, told(one.signal.title), _figure(one.value), unit_said(one.signal.unit), f"{instant(one.at, zone):%m-%d %H:%M:%S}",
                      told(one.against)] for one in lately[:_MOST]]
            heads = [said("设备", "asset"), said("信号", "signal"), said("读数", "value"), said("单位", "unit"), said("时刻", "at"),
                     said("有疑问", "against it")]
            newest = max((one.at for one in lately), default=0)
        else:
            one = asking.signal_named(asking.plant_of(folder), asset, signal)
            found = asking.stretch(folder, one, asking.span_said(folder, one, since, until), step.value)
            rows = [{"at": instant(each.at, zone).isoformat(), "many": each.many, "mean": each.mean, "least": each.least, "most": each.most}
                    for each in found]
            if step is Step.EACH:
                rows = [{"at": row["at"], "value": row["mean"], "against": each.against} for row, each in zip(rows, found, strict=True)]
            drawn = [[f"{instant(each.at, zone):%Y-%m-%d %H:%M:%S.%f}"[:-3 if step is Step.EACH else -7], *([] if step is Step.EACH else [f"{each.many:,}"]),
                      *(_figure(value) for value in ((each.mean,) if step is Step.EACH else (each.mean, each.least, each.most))),
                      *([told(each.against)] if step is Step.EACH else [])]
                     for each in found[-_MOST:]]
            heads = [said("时刻", "at"), *([said("读数", "value"), said("有疑问", "against it")] if step is Step.EACH else [
                said("个数", "readings"), said("均值", "mean"), said("最小", "least"), said("最大", "greatest")])]
            newest = max((each.at for each in found), default=0)
    if path is not None:
        _written(path, rows, _OF_ALL if not signal else _OF_EACH if step is Step.EACH else _OF_STEPS)

    def draw(screen: Screen) -> None:
        screen.line(said(f"{len(rows):,} 行", f"{len(rows):,} rows") + (f" ({zone_said(instant(newest, zone))})" if rows else ""))
        if path is not None:
            screen.line(said(f"已写入 {path}", f"written to {path}"))
            return
        screen.table(heads, drawn)
        if len(rows) > _MOST:
            screen.line(said(f"只显示 {_MOST} 行；全部见 --csv 或 --json", f"{_MOST} rows are shown; --csv and --json give all"))

    return Answer(rows, draw)


def _figure(value: float | None) -> str:
    return "—" if value is None else f"{value:,.6g}"


_OF_ALL = ("asset", "signal", "address", "title", "at", "value", "unit", "against")
_OF_EACH, _OF_STEPS = ("at", "value", "against"), ("at", "many", "mean", "least", "most")


def _written(path: Path, rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> None:
    lang = preferred_lang()
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.DictWriter(file, columns)
        out.writeheader()
        out.writerows({name: value.said(lang) if isinstance(value, Text) else value for name, value in row.items()} for row in rows)
