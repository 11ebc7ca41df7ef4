"""What plants publish upward: sums of a plant and day, of which the plant itself chooses which; never a raw signal.

Sums and no ratios: OEE, takt and yield of a year or of several plants are then ratios of sums. What a plant keeps to itself is
missing, and what rests on it is unknown.
"""

from __future__ import annotations

from dataclasses import replace

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.facts.dossier import Dossier, Gathered
from qiantang.kernel.facts.schema import Check, Table, code, count, day, quantity, text
from qiantang.kernel.words import Text
from qiantang.registers.enterprises import ENTERPRISES
from qiantang.registers.naming import enterprise

_BARE = Table(
    name="plant_figures",
    title=Text("工厂上报数据", "plant figures"),
    aliases=("工厂数据", "未来工厂上报", "工厂运行数据"),
    key=("plant", "on"),
    subject="uscc",
    columns=(
        code("plant", "工厂编号", "plant", required=True, aliases=("工厂", "厂区编号")),
        enterprise(),
        day("on", "日期", "day", required=True, aliases=("上报日期", "生产日期")),
        text("title", "工厂名称", "name of the plant", aliases=("厂区名称",)),
        quantity("busy_h", "计划忙碌时间", "planned busy time", "h", aliases=("计划工作时间",),
                 note=Text("各设备合计，ISO 22400-2 的 PBT", "over all machines, PBT of ISO 22400-2")),
        quantity("effective_h", "有效时间", "effective time", "h",
                 note=Text("OEE × 计划忙碌时间", "OEE × planned busy time")),
        quantity("line_h", "产线计划运行时间", "planned running time of the line", "h"),
        count("pieces_left", "下线合格品", "good pieces that left the line", "件", high="1000000000", aliases=("合格下线数",)),
        count("pieces_first", "首次送检数", "pieces inspected for the first time", "件", high="1000000000"),
        count("pieces_first_good", "首次检验合格数", "of them good at once", "件", high="1000000000"),
        quantity("energy_kwh", "用电量", "electricity", "kWh", high="10000000000", aliases=("能耗电量",)),
        count("alarms", "操作员收到的报警数", "alarms told to operators", "次", high="1000000000"),
        quantity("operator_h", "操作员在岗时间", "operators' time on duty", "h"),
        count("signals", "采集信号数", "signals collected", "项", high="10000000"),
        count("equipment", "设备数", "machines", "项", high="1000000", aliases=("设备总数",)),
        count("equipment_connected", "已联网设备数", "of them connected", "项", high="1000000", aliases=("联网设备数",)),
    ),
)


def _within(part: str, whole: str, zh: str, en: str) -> Check:
    return Check(f"{part}_within", n.compare(_BARE.fact(part), "<=", _BARE.fact(whole)), Text(zh, en),
                 Text("请核对两个数。", "Check both figures."), part)


PLANT_FIGURES = replace(_BARE, checks=(
    _within("effective_h", "busy_h", "有效时间多于计划忙碌时间", "effective time exceeds the planned busy time"),
    _within("pieces_first_good", "pieces_first", "首检合格多于首次送检", "more were good at once than were inspected"),
    _within("equipment_connected", "equipment", "联网设备多于设备总数", "more machines are connected than there are"),
))


def _of_the_year(name: str) -> Gathered:
    """A sum over all plants of the enterprise and days of the year; unknown where no plant published it."""
    return Gathered(replace(PLANT_FIGURES.column(name), required=False, aliases=()), PLANT_FIGURES, "sum", PLANT_FIGURES.fact(name),
                    year=n.year_of(PLANT_FIGURES.fact("on")))


PLANTS = Dossier(
    name="plants",
    title=Text("企业工厂运行案卷", "an enterprise's plants in a year"),
    base=ENTERPRISES,
    gathered=(
        Gathered(count("plant_days", "上报的工厂日数", "plant-days published", "天", required=True), PLANT_FIGURES, "count",
                 year=n.year_of(PLANT_FIGURES.fact("on"))),
        Gathered(replace(PLANT_FIGURES.column("signals"), name="signals_most", required=False, aliases=(),
                         title=Text("单厂最多采集信号数", "most signals of one plant")), PLANT_FIGURES, "greatest", PLANT_FIGURES.fact("signals"),
                 year=n.year_of(PLANT_FIGURES.fact("on"))),
        *(_of_the_year(name) for name in ("busy_h", "effective_h", "line_h", "pieces_left", "pieces_first", "pieces_first_good", "energy_kwh",
                                          "alarms", "operator_h", "equipment", "equipment_connected")),
    ),
)
