"""How one plant stands: OEE, takt, alarms and tasks against their targets, its machines, its bad actors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from qiantang.domains.factory.measures.counts import counted
from qiantang.domains.factory.measures.names import MACHINE_STATES
from qiantang.domains.factory.pages.budget import budget_section
from qiantang.domains.factory.pages.showing import SECONDS, amount, cell, chosen, clocked, drawn, share, text, whole
from qiantang.kernel.pages.blocks import Banner, Card, Cards, Column, Drawn, Row, Section, Table
from qiantang.kernel.pages.declaring import Ask, Page
from qiantang.kernel.pages.live import Live, Told
from qiantang.kernel.pages.values import Amount, Mark, Tone, to
from qiantang.kernel.words import Text, joined, same

_WRONG_NAMED = 5


def draw_plant(ask: Ask) -> Drawn:
    """How the plant stands: its figures against their targets, and its machines."""
    plant = chosen(ask)
    figures = plant.figures()
    machines = plant.rows("machines")
    alarmed = sorted(machines, key=lambda row: -whole(row["alarms"]))
    sections = [Section(same(""), (_cards(plant, figures),), name="figures"),
                Section(_machines_title(machines), (*too_long(machines), _machines(plant, alarmed)))]
    counters = plant.rows("counters")
    if counters:
        table = Table("counters", (Column("name", Text("事项", "what")), Column("count", Text("次数", "times"), number=True)),
                      tuple(Row((counted(str(row["name"])), cell(row["count"]))) for row in counters))
        sections.append(Section(Text("数据接入：每种异常的处置次数", "Ingest: how often each thing happened"), (table,), span=6))
    notices = plant.rows("notices")
    if notices:
        about = (Column("at", clocked(Text("时间", "time"), plant)), Column("told", Text("内容", "what")), Column("count", Text("次数", "times"), number=True))
        table = Table("notices", about, tuple(Row((cell(row["at"]), cell(row["told"]), cell(row["count"]))) for row in notices))
        sections.append(Section(Text("节点的提示：哪里、什么值、怎么办", "What the node noticed: where, which value, what to do"), (table,), span=6))
    sections += budget_section(plant, figures)
    actors = plant.rows("bad_actors")
    if actors:
        columns = (Column("place", Text("设备", "machine")), Column("what", Text("信号", "signal")), Column("rule", Text("规则", "rule")),
                   Column("times", Text("触发次数", "times raised"), number=True), Column("share", Text("占比", "share"), number=True))
        worst = tuple(Row((cell(row["title"]), cell(row["what"]), cell(row["rule"]), cell(row["times"]), share(amount(row["share"]))),
                          to("plant-machine", plant=plant.name, machine=row["machine"])) for row in actors)
        sections.append(Section(Text("触发最多的十个报警", "The ten alarms raised most"), (Table("actors", columns, worst),), span=6))
    return drawn(plant, _plant_title(figures), sections)


def _plant_title(figures: Mapping[str, Decimal]) -> Text:
    takt, target = figures.get("takt_s"), figures.get("takt_target_s")
    if takt is None or target is None:
        return Text("工厂概况", "How the plant stands")
    zh, en = ("达到", "within") if takt <= target else ("未达", "beyond")
    return Text(f"节拍 {takt:.2f} 秒，{zh}目标 {target:.2f} 秒", f"Takt {takt:.2f} s, {en} its target of {target:.2f} s")


def _cards(plant: Live, figures: Mapping[str, Decimal]) -> Cards:
    takt, target = figures.get("takt_s"), figures.get("takt_target_s")
    alarms, budget = figures.get("alarms_per_operator_hour"), figures.get("alarm_budget")
    slow: Tone = "watch" if takt is not None and target is not None and takt > target else "plain"
    many: Tone = "watch" if alarms is not None and budget is not None and alarms > budget else "plain"
    flood = Text("现有报警泛滥", "in a flood now") if figures.get("in_flood") else same("")
    return Cards((
        Card("oee", Text("设备综合效率 OEE", "OEE"), share(figures.get("oee")), note=Text("ISO 22400-2", "ISO 22400-2")),
        Card("takt", Text("平均节拍", "mean takt"), Amount(takt, SECONDS, 2), target=None if target is None else Amount(target, SECONDS, 2), better="less",
             tone=slow),
        Card("first_pass", Text("一次合格率", "first-pass yield"), share(figures.get("first_pass_yield"))),
        Card("alarms", Text("每操作员小时报警", "alarms an operator and hour"), Amount(alarms, decimals=1), to("plant-alarms", plant=plant.name),
             target=None if budget is None else Amount(budget, decimals=0), better="less", tone=many, note=flood),
        Card("tasks", Text("未完成任务", "open tasks"), Amount(figures.get("tasks_open")), to("plant-tasks", plant=plant.name), better="less"),
        Card("signals", Text("采集信号", "signals"), Amount(figures.get("signals")), to("plant-wall", plant=plant.name))))


def too_long(machines: Sequence[Mapping[str, Told]]) -> tuple[Banner, ...]:
    """Which machines make their pieces faster than the ideal cycle, which is then wrong; one sentence, none where there are none."""
    wrong = [Text(f"{name.zh}（理想 {row['ideal_s']:.1f} 秒，实际每件 {row['took_s']:.1f} 秒）",
                  f"{name.en} ({row['ideal_s']:.1f} s, a piece took {row['took_s']:.1f} s)")
             for row in machines if row["took_s"] is not None and row["ideal_s"] is not None for name in (text(row["title"]),)]
    if not wrong:
        return ()
    more = Text(f"等 {len(wrong)} 台", f" and {len(wrong) - _WRONG_NAMED} more") if len(wrong) > _WRONG_NAMED else same("")
    said = Text("理想周期偏长，OEE 因而偏高，甚至超过 100 %：", "The ideal cycle is set too long, so that OEE is too high and may pass 100 %: ")
    remedy = Text("。请在工厂工作簿的“设备”表中改正。", ". Correct it in the sheet of assets of the plant's workbook.")
    return (Banner(said + joined(wrong[:_WRONG_NAMED], "、", ", ") + more + remedy, "watch"),)


def _machines_title(machines: Sequence[Mapping[str, Told]]) -> Text:
    down = sum(1 for row in machines if row["state"] == "down")
    return Text(f"{len(machines)} 台设备，{down} 台故障停机", f"{len(machines)} machines, {down} of them down")


def _machines(plant: Live, machines: Sequence[Mapping[str, Told]]) -> Table:
    columns = (Column("machine", Text("设备", "machine")), Column("state", Text("状态", "state")), Column("oee", Text("OEE", "OEE"), number=True),
               Column("cycle", Text("周期", "cycle"), SECONDS, number=True), Column("alarms", Text("报警", "alarms"), number=True))
    rows = []
    for row in machines:
        state = str(row["state"])
        title, tone = MACHINE_STATES.get(state, (same(state), "off"))
        rows.append(Row((cell(row["title"]), Mark(title, tone), share(amount(row["oee"])), cell(row["cycle_s"], 1), cell(row["alarms"])),
                        to("plant-machine", plant=plant.name, machine=row["id"])))
    return Table("machines", columns, tuple(rows))


PAGE = Page("plant", Text("工厂", "Plant"), draw_plant, path=("plant",))
