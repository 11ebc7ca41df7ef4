"""The plants of a district: which are at work, and what each of them published."""

from __future__ import annotations

from decimal import Decimal

from qiantang.domains.factory.facts import PLANT_FIGURES
from qiantang.domains.factory.pages.showing import PLANTS, SECONDS, share
from qiantang.kernel.pages.blocks import Column, Drawn, Row, Section, Table
from qiantang.kernel.pages.declaring import Ask, Page
from qiantang.kernel.pages.values import Amount, Mark, to, zone_said
from qiantang.kernel.words import Text, same


def draw_plants(ask: Ask) -> Drawn:
    """The plants at work, and what plants published."""
    plants = ask.live_sources()
    columns = (Column("plant", Text("工厂", "plant")), Column("state", Text("状态", "state")), Column("as_of", Text("数据截至", "as of")),
               Column("zone", Text("时区", "time zone")),
               Column("oee", Text("OEE", "OEE"), number=True), Column("takt", Text("节拍", "takt"), SECONDS, number=True),
               Column("alarms", Text("当前报警", "alarms now"), number=True), Column("tasks", Text("未完成任务", "open tasks"), number=True))
    rows = []
    for plant in plants:
        figures = plant.figures()
        state = Mark(Text("运行中", "at work"), "ok") if plant.at_work else Mark(Text("未运行", "not at work"), "off")
        rows.append(Row((plant.title + (Text("（示范）", " (made up)") if plant.synthetic else same("")), state, plant.as_of,
                         None if plant.as_of is None else zone_said(plant.as_of), share(figures.get("oee")),
                         Amount(figures.get("takt_s"), decimals=2), Amount(figures.get("alarms_shown")), Amount(figures.get("tasks_open"))),
                        to("plant", plant=plant.name)))
    empty = Text("本区还没有您可以查看的工厂。要看示范，请运行：qiantang factory demo --dir 地区文件夹",
                 "There is no plant yet that you may see. To see a made-up one: qiantang factory demo --dir DISTRICT")
    many = Text(f"{len(plants)} 家工厂", "1 plant" if len(plants) == 1 else f"{len(plants)} plants")
    sections = [Section(many, (Table("plants", columns, tuple(rows), exports=False, empty=empty),))]
    published = _published(ask)
    if published is not None:
        sections.append(published)
    return Drawn(PLANTS, tuple(sections))


def _published(ask: Ask) -> Section | None:
    """What each plant published, summed over its days: ratios of sums."""
    sums: dict[str, dict[str, Decimal]] = {}
    days: dict[str, int] = {}
    titles: dict[str, str] = {}
    for row in ask.rows(PLANT_FIGURES.name):
        plant = str(row["plant"])
        days[plant] = days.get(plant, 0) + 1
        titles[plant] = str(row["title"] or plant)
        for column in PLANT_FIGURES.columns:
            value = row.get(column.name)
            if column.type.is_number and isinstance(value, int):
                kept = sums.setdefault(plant, {})
                kept[column.name] = kept.get(column.name, Decimal(0)) + column.type.decimal(value)
    if not days:
        return None

    def ratio(plant: str, above: str, below: str, times: int = 1) -> Decimal | None:
        of = sums.get(plant, {})
        return of[above] * times / of[below] if of.get(below) and above in of else None

    columns = (Column("plant", Text("工厂", "plant")), Column("days", Text("上报日数", "days published"), number=True),
               Column("oee", Text("OEE", "OEE"), number=True), Column("takt", Text("节拍", "takt"), SECONDS, number=True),
               Column("first_pass", Text("一次合格率", "first-pass yield"), number=True),
               Column("energy", Text("单件用电", "electricity a piece"), same("kWh"), number=True),
               Column("alarms", Text("每操作员小时报警", "alarms an operator and hour"), number=True),
               Column("connected", Text("设备联网率", "equipment connected"), number=True))
    rows = tuple(Row((same(titles[plant]), Amount(days[plant]), share(ratio(plant, "effective_h", "busy_h")),
                      Amount(ratio(plant, "line_h", "pieces_left", 3600), decimals=2), share(ratio(plant, "pieces_first_good", "pieces_first")),
                      Amount(ratio(plant, "energy_kwh", "pieces_left"), decimals=2), Amount(ratio(plant, "alarms", "operator_h"), decimals=2),
                      share(ratio(plant, "equipment_connected", "equipment")))) for plant in sorted(days))
    return Section(Text("工厂上报的数据", "What plants published"), (Table("published", columns, rows),),
                   Text("各日合计之比；工厂不上报的为空", "ratios of the days' sums; empty where a plant keeps it to itself"))


PAGE = Page("plants", PLANTS, draw_plants, menu=45)
