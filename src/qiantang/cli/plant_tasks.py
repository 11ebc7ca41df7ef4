"""qiantang factory tasks, answer, learn, confirm-unit and labels: what is to be done at a plant, and what its people answer."""

from __future__ import annotations

import csv
from dataclasses import asdict, fields
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
from qiantang.kernel.words import Text


def declare_tasks(factory: typer.Typer) -> None:
    """Declare the commands in the group of plants."""
    command(factory, "tasks", said("列出任务：谁、做什么、期限。", "List the tasks: who does what by when."),
            ["qiantang factory tasks --dir my-district"])(tasks)
    command(factory, "budget", said("报警预算：允许多少误报，控制图按理论承诺多少，实际告知多少。",
                                     "The alarm budget: false alarms allowed, promised by theory, and told in fact."),
            ["qiantang factory budget --dir my-district"])(budget)
    command(factory, "answer", said("答复任务：接单、开始、完成、拒绝。", "Answer a task: accept, start, finish, refuse."),
            ["qiantang factory answer TASK accept --worker li",
             "qiantang factory answer TASK finish --worker li --cause 'bladder leak' --done 'bladder changed' --changed inner_pressure"])(answer)
    command(factory, "alarm", said("处理报警：确认、搁置、停用，或按设计抑制一台设备。",
                                    "Handle an alarm: acknowledge, shelve, take out of service; or suppress a machine by design."),
            ["qiantang factory alarm acknowledge ALARM", "qiantang factory alarm remove ALARM --reason 'sensor on order'",
             "qiantang factory alarm suppress P1 --reason 'changed over'"])(alarm)
    command(factory, "learn", said("设备的水平有意改变后，重新学习其控制图。", "Learn a machine's charts anew after its level was changed on purpose."),
            ["qiantang factory learn P1 --reason 'new mould'", "qiantang factory learn P1 --reason 'new set point' --changed inner_pressure"])(learn)
    command(factory, "confirm-unit", said("确认信号改用的单位无误。", "Confirm that a signal is rightly told in another unit."),
            ["qiantang factory confirm-unit P1 --reason 'new gateway, tells °F'",
             "qiantang factory confirm-unit P1 --reason 'new sensor' --changed inner_pressure"])(confirm_unit)


    command(factory, "labels", said("导出技术员所述的原因与处理，按结论。", "Export the causes and deeds that technicians told, by finding."),
            ["qiantang factory labels --json", "qiantang factory labels --csv labels.csv"])(labels)


def tasks(directory: DirOption = None, plant: PlantOption = None) -> Answer:
    """The tasks that are not over, the most urgent first."""
    with plant_parts():
        from qiantang.district.identity import KEYBOARD
        from qiantang.district.plant.running import chosen_plant
        from qiantang.district.plant.views import PlantShown
        from qiantang.district.workspace import Workspace, found_workspace
        from qiantang.domains.factory.actions import TASK
        from qiantang.kernel.pages.values import zone_said

        workspace = Workspace(directory) if directory is not None else found_workspace(None)
        shown = PlantShown(chosen_plant(workspace.hidden, plant), KEYBOARD)
        rows = shown.rows("tasks")

    def draw(screen: Screen) -> None:
        screen.line(said(f"{len(rows)} 项任务", f"{len(rows)} tasks"))
        zone = f" ({zone_said(shown.as_of)})" if shown.as_of is not None else ""
        screen.table([said("任务", "task"), said("优先级", "priority"), said("设备", "machine"), said("状态", "state"), said("人员", "person"),
                      said("期限", "due") + zone],
                     [[str(r["id"]), str(r["priority"]), r["title"] if isinstance(r["title"], Text) else str(r["title"]), TASK.state(str(r["state"])).title,
                       str(r["worker_name"]), f"{r['due']:%m-%d %H:%M}"] for r in rows])

    return Answer([{name: value for name, value in row.items() if name != "told"} for row in rows], draw)


def budget(directory: DirOption = None, plant: PlantOption = None) -> Answer:
    """What the alarm budget allows, what the charts promise, and what was told."""
    with plant_parts():
        from qiantang.district.identity import KEYBOARD
        from qiantang.district.plant.running import chosen_plant
        from qiantang.district.plant.views import PlantShown
        from qiantang.district.workspace import Workspace, found_workspace
        from qiantang.domains.factory.charts import rules

        workspace = Workspace(directory) if directory is not None else found_workspace(None)
        shown = PlantShown(chosen_plant(workspace.hidden, plant), KEYBOARD)
        figures, rows = shown.figures(), shown.rows("promises")

    def draw(screen: Screen) -> None:
        for name, title in _BUDGET:
            screen.line(title + Text(f"：{figures[name]:,}", f": {figures[name]:,}") if name in figures else title + Text("：未知", ": not known"))
        screen.line(said("受控时平均多少点一次误报（基线确知），各策略：", "points to a false alarm on average while in control (baseline known), by policy:"))
        screen.table([said("信号数", "signals"), said("每小时点数", "points an hour"), said("预算要求", "asked by the budget"),
                      *(told(rules.BRIEFLY[rule]) for rule in rules.BY_BUDGET)],
                     [["—" if row[name] is None else f"{row[name]:,.0f}" for name in ("signals", "points_an_hour", "asked", *rules.BY_BUDGET)] for row in rows])

    return Answer({"figures": {name: figures[name] for name, _ in _BUDGET if name in figures}, "policies": rows}, draw)


_BUDGET = (("operators", Text("操作员", "operators")), ("false_alarms_allowed", Text("预算允许的误报，次/时", "false alarms allowed, an hour")),
           ("false_alarms_expected", Text("按现行控制限的理论误报，次/时", "false alarms expected of the limits in force, an hour")),
           ("false_alarms_textbook", Text("教科书控制限的误报，次/时", "false alarms of textbook limits, an hour")),
           ("alarm_budget", Text("每操作员小时可承受的报警", "alarms that an operator can bear an hour")),
           ("alarms_per_operator_hour", Text("实际告知：每操作员小时", "told in fact: an operator and hour")))

_WorkerOption = Annotated[str, typer.Option("--worker", metavar="ID", show_default=False, help=said("谁在答复", "who answers"))]
_ChangedOption = Annotated[str, typer.Option("--changed", metavar="NAMES", show_default=False, help=said(
    "水平因此而变的信号，以分号隔开，或 all", "signals whose level it changed, semicolons between, or all"))]


_ANSWERS = ("accept", "start", "finish", "refuse")
_OF_ALARMS = ("acknowledge", "shelve", "unshelve", "remove", "restore", "suppress", "unsuppress")


def _known(what: str, known: tuple[str, ...]) -> None:
    if what not in known:
        raise ActionError.of(f"没有“{what}”这一步", f"there is no step '{what}'", value=what,
                             remedy=Text("可写：" + "、".join(known), "Write one of: " + ", ".join(known)))


def answer(
    task: Annotated[str, typer.Argument(metavar="TASK", help=said("任务编号", "the task"))],
    what: Annotated[str, typer.Argument(metavar="ANSWER", help=" | ".join(_ANSWERS))],
    worker: _WorkerOption,
    cause: Annotated[str, typer.Option("--cause", help=said("原因（完成时）", "the cause (finish)"))] = "",
    done: Annotated[str, typer.Option("--done", help=said("所做处理（完成时）", "what was done (finish)"))] = "",
    since: Annotated[str, typer.Option("--since", help=said("自何时起不正常（完成时）", "since when something was wrong (finish)"))] = "",
    changed: _ChangedOption = "",
    reason: Annotated[str, typer.Option("--reason", help=said("理由（拒绝时）", "why (refuse)"))] = "",
    directory: DirOption = None, plant: PlantOption = None,
) -> Answer:
    """An answer handed to the plant's node, as the technician's page does."""
    _known(what, _ANSWERS)
    values = {"task": task, "worker": worker, "cause": cause, "done": done, "since": since, "changed": changed, "reason": reason}
    return _ordered(what, {name: value for name, value in values.items() if value}, directory, plant)


def alarm(
    what: Annotated[str, typer.Argument(metavar="WHAT", help=" | ".join(_OF_ALARMS))],
    of: Annotated[str, typer.Argument(metavar="ALARM", help=said("报警编号；抑制时为设备编号", "the alarm; the machine where it is suppressed"))],
    reason: Annotated[str, typer.Option("--reason", help=said("理由（搁置、停用、抑制时）", "why (shelve, remove, suppress)"))] = "",
    minutes: Annotated[int, typer.Option("--minutes", min=1, help=said("搁置多少分钟", "minutes on the shelf"))] = 60,
    directory: DirOption = None, plant: PlantOption = None,
) -> Answer:
    """What an operator does with an alarm, handed to the plant's node as the page of alarms does."""
    _known(what, _OF_ALARMS)
    values = {"machine" if what in ("suppress", "unsuppress") else "alarm": of, "reason": reason, "minutes": str(minutes) if what == "shelve" else ""}
    return _ordered(what, {name: value for name, value in values.items() if value}, directory, plant)


def learn(
    asset: Annotated[str, typer.Argument(metavar="ASSET", help=said("设备编号", "the asset"))],
    reason: Annotated[str, typer.Option("--reason", help=said("改变了什么", "what was changed"))],
    changed: _ChangedOption = "",
    directory: DirOption = None, plant: PlantOption = None,
) -> Answer:
    """The charts of an asset, and of all that stands in it, begin to learn again."""
    return _ordered("learn_again", {"asset": asset, "reason": reason} | ({"changed": changed} if changed else {}), directory, plant)


_CsvOption = Annotated[Path | None, typer.Option("--csv", metavar="FILE", show_default=False, help=said("写入 CSV 文件", "write them to a CSV file"))]


def labels(path: _CsvOption = None, directory: DirOption = None, plant: PlantOption = None) -> Answer:
    """One row for each finding that a finished task was about; a node need not be at work."""
    with plant_parts():
        from qiantang.district.plant.labels import Label, labels_of
        from qiantang.district.plant.running import chosen_plant, zone_of
        from qiantang.district.workspace import Workspace, found_workspace
        from qiantang.domains.factory.alarms.wording import rule_title
        from qiantang.domains.factory.hours import instant

        workspace = Workspace(directory) if directory is not None else found_workspace(None)
        folder = chosen_plant(workspace.hidden, plant)
        found, zone = labels_of(folder, moved=True), zone_of(folder)
        rows = [{**asdict(one), "signals": list(one.signals), "since": instant(one.since, zone).isoformat(), "until": instant(one.until, zone).isoformat()}
                for one in found]
        if path is not None:
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                out = csv.DictWriter(file, [field.name for field in fields(Label)])
                out.writeheader()
                out.writerows({**row, "signals": ";".join(one.signals)} for row, one in zip(rows, found, strict=True))

    def draw(screen: Screen) -> None:
        if path is not None:
            screen.line(said(f"{len(rows)} 条标签已写入 {path}", f"{len(rows)} labels written to {path}"))
            return
        screen.line(said(f"{len(rows)} 条标签", f"{len(rows)} labels"))
        screen.table([said("设备", "machine"), said("规则", "rule"), said("原因", "cause"), said("所做处理", "what was done"), said("人员", "person"),
                      said("完成", "finished")],
                     [[one.machine, rule_title(one.rule), one.cause, one.done, one.worker, f"{instant(one.until, zone):%Y-%m-%d %H:%M}"] for one in found])

    return Answer(rows, draw)


_DoubtedOption = Annotated[str, typer.Option("--changed", metavar="NAMES", show_default=False, help=said(
    "哪些信号，以分号隔开；不填为全部待确认的", "which signals, semicolons between; all that are in doubt where not said"))]


def confirm_unit(
    asset: Annotated[str, typer.Argument(metavar="ASSET", help=said("设备编号", "the asset"))],
    reason: Annotated[str, typer.Option("--reason", help=said("何以知道", "how it is known"))],
    changed: _DoubtedOption = "",
    directory: DirOption = None, plant: PlantOption = None,
) -> Answer:
    """From now on the readings of signals whose unit is in doubt are taken: converted where that can be, else their charts learn anew."""
    return _ordered("confirm_unit", {"asset": asset, "reason": reason} | ({"changed": changed} if changed else {}), directory, plant)


def _ordered(order: str, values: dict[str, str], directory: Path | None, plant: str | None) -> Answer:
    with plant_parts():
        from qiantang.district.identity import KEYBOARD
        from qiantang.district.plant.running import chosen_plant
        from qiantang.district.plant.views import PlantShown
        from qiantang.district.workspace import Workspace, found_workspace

        workspace = Workspace(directory) if directory is not None else found_workspace(None)
        heard = PlantShown(chosen_plant(workspace.hidden, plant), KEYBOARD).order(order, values)

    def draw(screen: Screen) -> None:
        screen.line(heard)

    return Answer({"order": order, "values": values}, draw)
