"""A plant's wall of signals, and one machine with its control charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from qiantang.domains.factory.alarms.life import EVENTS, Event
from qiantang.domains.factory.pages.alarms import alarm_table
from qiantang.domains.factory.pages.overview import too_long
from qiantang.domains.factory.pages.past import past_of
from qiantang.domains.factory.pages.showing import cell, chosen, clocked, drawn, instant, order_act, text, whole
from qiantang.kernel.pages.blocks import (
    Banner,
    Bound,
    Column,
    Drawn,
    Facts,
    Field,
    Form,
    Lines,
    Row,
    Section,
    Series,
    Table,
    Wall,
)
from qiantang.kernel.pages.declaring import Ask, Page
from qiantang.kernel.pages.live import Live, Told, Trace
from qiantang.kernel.pages.values import Link, Tone, to
from qiantang.kernel.words import Text, same

_POINTS = 120
_MOST_TRACES = 4
_COLUMNS = 100
LEARN_AGAIN, CONFIRM_UNIT = "learn_again", "confirm_unit"
SUPPRESS, UNSUPPRESS = "suppress", "unsuppress"


def draw_wall(ask: Ask) -> Drawn:
    """Every signal as a cell, live."""
    plant = chosen(ask)
    groups = tuple((text(row["title"]), whole(row["cells"])) for row in plant.rows("walls"))
    cells = sum(many for _, many in groups)
    zone = None if plant.as_of is None else plant.as_of.tzinfo
    wall = Wall("cells", plant.name, cells, groups, _COLUMNS, zone.key if isinstance(zone, ZoneInfo) else "", _LEGEND)
    return drawn(plant, Text(f"{cells:,} 个信号", f"{cells:,} signals"), (Section(same(""), (wall,), name="wall"),), live=True)


_LEGEND = Text("报警：在操作员清单中且仍成立（整机报警标在偏离最大的信号上）。关注：违反规则但已搁置、抑制、停用或未列入清单，"
               "或已恢复待确认，或与整机报警一同偏离。两者均优先于“无读数”。",
               "Alarm: in the operator's list and still so (of a whole machine: at the signal that moved most). Watch: a rule is broken, but shelved, "
               "suppressed, out of service or not in the list; or normal again and unacknowledged; or it moved with a machine's alarm. "
               "Either goes before “no reading”.")


def draw_machine(ask: Ask) -> Drawn:
    """One machine: control charts of the signals that ask for a look, all its signals, its alarms."""
    plant = chosen(ask)
    machine = ask.asked.get("machine", "")
    found = next((row for row in plant.rows("machines") if row["id"] == machine), None)
    signals = plant.rows("signals", machine=machine)
    span, part = _span(ask, plant), ask.asked.get("asset", "")
    if part:
        signals = [row for row in signals if row["part"] == part] or signals
    alarms = [row for row in plant.rows("alarms") if row["machine"] == machine]
    title = same(machine) if found is None else text(found["title"])
    alarmed = [str(row["signal"]) for row in alarms if row["signal"] and span is None]
    wanted = list(dict.fromkeys([*([ask.asked["signal"]] if ask.asked.get("signal") else []), *alarmed, *(str(row["address"]) for row in signals)]))
    sections = []
    sections += [_chart(plant, machine, trace) for trace in (plant.charts(machine) if span is None else ())]
    for address in wanted:
        charts = plant.charts(address) if span is None and (address in alarmed or address == ask.asked.get("signal")) else ()
        sections += [_chart(plant, address, trace) for trace in charts]
        trace = None if charts else plant.trace(address, _POINTS, span)
        if trace is not None:
            sections.append(_chart(plant, address, trace))
        if len(sections) >= _MOST_TRACES:
            break
    if span is not None and not sections:
        nothing = Banner(Text("这段时间的读数不在历史中。", "Nothing that was read then is in the history."), "watch")
        sections.append(Section(same(""), (nothing,)))
    wrong = too_long([found]) if found is not None else ()
    if wrong:
        sections.insert(0, Section(same(""), wrong))
    if span is not None:
        sections.insert(0, Section(clocked(Text("当时的读数", "What was read then"), plant), (_when(plant, machine, part, span),)))
    elif alarms:
        sections.insert(0, Section(Text(f"{len(alarms)} 个报警", f"{len(alarms)} alarms"), (alarm_table(plant, alarms),)))
    columns = (Column("asset", Text("部位", "part")), Column("signal", Text("信号", "signal")), Column("value", Text("当前值", "value"), number=True),
               Column("unit", Text("单位", "unit")), Column("deviation", Text("偏离（σ）", "deviation (σ)"), number=True))
    rows = tuple(Row((cell(row["asset"]), cell(row["title"]), cell(row["value"]), cell(row["unit"]), cell(row["deviation"], 1)),
                     to("plant-machine", plant=plant.name, machine=machine, signal=row["address"], asset=part or None,
                      since=ask.asked.get("since"), until=ask.asked.get("until")), _TONES[whole(row["state"])]) for row in signals)
    empty = Text("此设备没有信号。", "This machine has no signals.")
    sections.append(Section(Text(f"{len(signals)} 个信号", f"{len(signals)} signals"), (Table("signals", columns, rows, empty=empty),),
                            Text("点选一行查看其控制图", "choose a row to see its control chart") if span is None else
                            Text("所列为现值；点选一行查看当时的读数", "values are those of now; choose a row to see what was read then"),
                            same("") if found is None else _learnt(plant, found)))
    sections += past_of(plant, machine)
    sections += _in_doubt(signals, machine, may=ask.may("dispatch") and plant.at_work)
    if span is None:
        sections += _capability(plant, machine)
    if signals and ask.may("dispatch") and plant.at_work:
        fields = (Field("reason", Text("改变了什么", "what was changed"), "long", required=True),
                  Field("changed", Text("哪些信号（名称以分号隔开；不填为全部）", "which signals (semicolons between; all where empty)")))
        form = Form(LEARN_AGAIN, fields, Text("重新学习控制图", "Learn the charts anew"), carried={"asset": machine, "machine": machine})
        sections.append(Section(Text("设备的水平有意改变之后", "After the machine's level was changed on purpose"), (form,),
                                Text("在重新学成之前，这些图不报警", "until they are learnt these charts raise no alarm"), name="learn"))
    if found is not None and span is None and ask.may("dispatch") and plant.at_work:
        sections.append(_suppression(machine, str(found["suppressed"])))
    return drawn(plant, title, sections)


def _in_doubt(signals: Sequence[Mapping[str, Told]], machine: str, *, may: bool) -> list[Section]:
    """The signals whose unit is another than it should be, and how it is confirmed."""
    doubted = [row for row in signals if row["doubt"] is not None]
    if not doubted:
        return []
    facts = Facts(tuple((Text(f"{text(row['asset']).zh} {text(row['title']).zh}", f"{text(row['asset']).en}, {text(row['title']).en}"), text(row["doubt"]))
                        for row in doubted))
    fields = (Field("reason", Text("何以知道", "how it is known"), "long", required=True),
              Field("changed", Text("哪些信号（名称以分号隔开；不填为全部）", "which signals (semicolons between; all where empty)")))
    form = Form(CONFIRM_UNIT, fields, Text("确认单位", "Confirm the unit"), carried={"asset": machine, "machine": machine})
    return [Section(Text("单位待确认", "Units in doubt"), (facts, form) if may else (facts,), name="units")]


def _suppression(machine: str, why: str) -> Section:
    """All alarms of the machine kept back by design, with the reason, or told again."""
    said = Text("停机检修、换型等按设计不应报警的状态", "for a state in which by design it is not to alarm: stopped as planned, changed over")
    if why:
        end = Form(UNSUPPRESS, (), EVENTS[Event.UNSUPPRESSED], carried={"machine": machine})
        return Section(Text(f"报警已按设计抑制：{why}", f"Alarms are suppressed by design: {why}"), (end,), said, name="suppression")
    form = Form(SUPPRESS, (Field("reason", Text("理由", "reason"), required=True),), EVENTS[Event.SUPPRESSED], carried={"machine": machine})
    return Section(Text("按设计抑制此设备的全部报警", "Suppress all alarms of this machine by design"), (form,), said, name="suppression")


def _capability(plant: Live, machine: str) -> list[Section]:
    """How well the machine's signals keep within their specification; nothing where none has one, or nothing was read of them."""
    found = plant.rows("capability", machine=machine)
    if not found:
        return []
    columns = (Column("asset", Text("部位", "part")), Column("signal", Text("信号", "signal")),
               Column("lower", Text("规格下限", "lower specification"), number=True), Column("upper", Text("规格上限", "upper specification"), number=True),
               Column("unit", Text("单位", "unit")),
               Column("n", Text("样本量", "readings"), number=True), Column("mean", Text("均值", "mean"), number=True), Column("cp", Text("Cp", "Cp")),
               Column("cpk", Text("Cpk", "Cpk")), Column("ppk", Text("Ppk", "Ppk")))
    rows = tuple(Row((cell(row["asset"]), cell(row["title"]), cell(row["lower"]), cell(row["upper"]), cell(row["unit"]), cell(row["n"]), cell(row["mean"]),
                      *(_between(row, index) for index in ("cp", "cpk", "ppk"))),
                     to("plant-machine", plant=plant.name, machine=machine, signal=row["address"])) for row in found)
    said = Text(f"最近 {found[0]['hours']} 小时；括号内为该样本量给出的 95 % 区间",
                f"of the last {found[0]['hours']} hours; in brackets the 95 % interval that so many readings give")
    note = Text("Cp、Cpk 以合理子组（周期、批次、产品，否则每分钟）内的离散度计，Ppk 以全部读数计（ISO 22514-2）；区间假定读数互不相关，自相关时实际更宽。"
                "水平随配方与阶段而变的信号不列。",
                "Cp and Cpk by the spread within rational subgroups (cycle, batch, piece, else a minute), Ppk by that of all readings (ISO 22514-2). "
                "Intervals take readings for independent; where they are not, they are wider. Signals whose level depends on recipe and phase are left out.")
    title = Text(f"过程能力：{len(found)} 个有规格的信号，最低的在前", f"Capability: {len(found)} signals with a specification, the least capable first")
    return [Section(title, (Table("capability", columns, rows),), said, note)]


def _between(row: Mapping[str, Told], index: str) -> Text:
    """An index with its interval; a dash where the specification has one side only."""
    if row[index] is None:
        return same("—")
    return same(f"{row[index]:.2f} ({row[f'{index}_low']:.2f}–{row[f'{index}_high']:.2f})")


def _learnt(plant: Live, machine: Mapping[str, Told]) -> Text:
    """How far a machine's charts and its model are learnt: until then they raise no alarm."""
    charted, learnt, rests_on, points, needed = (whole(machine[name]) for name in ("charted", "learnt", "model_signals", "model_points", "model_needed"))
    if not charted:
        return same("")
    said = Text(f"作图的 {charted} 个信号中 {learnt} 个已学成，其余尚不报警",
                f"{learnt} of {charted} charted signals are learnt; the others raise no alarm yet")
    if learnt == charted:
        said = Text(f"作图的 {charted} 个信号均已学成", f"all {charted} charted signals are learnt")
    if rests_on:
        since = f"{instant(machine['model_since']):%Y-%m-%d %H:%M}"
        said += clocked(Text(f"；整机模型（T²、SPE）以其中 {rests_on} 个为据，自 {since}",
                             f"; the machine's model (T², SPE) rests on {rests_on} of them, since {since}"), plant)
    if needed:
        said += _ANOTHER if rests_on else _FIRST
        said += Text(f"，已有 {points} 点，共需 {needed} 点", f": {points} of {needed} points")
    return said


_FIRST = Text("；整机模型（T²、SPE）学习中", "; the machine's model (T², SPE) is being learnt")
_ANOTHER = Text("；另一模型学习中", "; another is being learnt")


def _span(ask: Ask, plant: Live) -> tuple[datetime, datetime] | None:
    """The span that is asked for, by the plant's clock; None where none is, or none that can be read."""
    try:
        since, until = (datetime.fromisoformat(ask.asked.get(name, "")) for name in ("since", "until"))
    except ValueError:
        return None
    if since.tzinfo is None or until.tzinfo is None or until < since or plant.as_of is None:
        return None
    return since.astimezone(plant.as_of.tzinfo), until.astimezone(plant.as_of.tzinfo)


def _when(plant: Live, machine: str, part: str, span: tuple[datetime, datetime]) -> Facts:
    """From when until when, and which pieces were there then."""
    since, until = span
    then = to("plant-genealogy", plant=plant.name, asset=part or machine, since=since.isoformat(), until=until.isoformat())
    pieces = Link(Text("当时在此的产品", "those that were here then"), then)
    return Facts(((Text("开始", "from"), since), (Text("结束", "to"), until), (Text("产品", "pieces"), pieces)))


_TONES: tuple[Tone, ...] = ("plain", "watch", "alarm", "off")


def _chart(plant: Live, address: str, trace: Trace) -> Section:
    bounds = tuple(Bound(title, value, "plain" if number == 0 else "watch") for number, (title, value) in enumerate(trace.levels))
    series = (Series(trace.title, trace.values), *(Series(title, values, "plain", dashed=True) for title, values in trace.beside))
    lines = Lines("trace", tuple(f"{at:%H:%M:%S}" for at in trace.instants), series, trace.unit, bounds, trace.marked)
    footer = Text("带点处触发规则；时刻", "marked where a rule was broken; times") if trace.levels else \
        Text("历史均值，不作判断；点选信号后数秒内可见其控制图；时刻",
             "means of the history, judged by no limit; some seconds after a signal is chosen its control chart is there; times")
    return Section(trace.title, (lines,), same(address) + Text(" · ", " · ") + trace.said, clocked(footer, plant), span=6)


PAGES = (
    Page("plant-wall", Text("实时看板", "Wall"), draw_wall, path=("plant",)),
    Page("plant-machine", Text("设备", "Machine"), draw_machine, asks=("signal", "asset", "since", "until"), path=("plant", "machine"),
         acts=(order_act(LEARN_AGAIN, Text("重新学习控制图", "Learn the charts anew"), "plant-machine"),
               order_act(CONFIRM_UNIT, Text("确认单位", "Confirm the unit"), "plant-machine"),
               order_act(SUPPRESS, EVENTS[Event.SUPPRESSED], "plant-machine"), order_act(UNSUPPRESS, EVENTS[Event.UNSUPPRESSED], "plant-machine"))),
)
