"""The operator's list of alarms: the gravest first, one at a time to be acknowledged or put aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qiantang.domains.factory.actions import TASK
from qiantang.domains.factory.alarms.life import EVENTS, STATES, Event, State, ways
from qiantang.domains.factory.pages.showing import (
    GRAVE,
    PRIORITIES,
    cell,
    chosen,
    clocked,
    drawn,
    order_act,
    text,
    whole,
)
from qiantang.kernel.pages.blocks import Banner, Block, Choice, Column, Drawn, Facts, Field, Form, Row, Section, Table
from qiantang.kernel.pages.declaring import Ask, Page
from qiantang.kernel.pages.live import Live, Told
from qiantang.kernel.pages.values import Cell, Link, Mark, to
from qiantang.kernel.words import Text, same

_MOST_TOGETHER = 100


def draw_alarms(ask: Ask) -> Drawn:
    """The operator's list, the gravest first; one chosen with what it says and what can be done; what is put aside."""
    plant = chosen(ask)
    shown, held = plant.rows("alarms"), plant.rows("held")
    priority = ask.asked.get("priority", "")
    causes = _by_cause(shown)
    listed = [row for row in causes if priority in ("", str(row["priority"]))]
    sections: list[Section] = []
    picked = next((row for row in (*shown, *held) if row["id"] == ask.asked.get("alarm")), None)
    if picked is not None:
        sections.append(_one_alarm(ask, plant, picked))
        together = [row for row in shown if row["leader"] == picked["id"]]
        if together:
            title = Text(f"同一原因的另 {len(together)} 个报警", f"{len(together)} more alarms of the same cause")
            sections.append(Section(title, (alarm_table(plant, together[:_MOST_TOGETHER]),)))
    figures = plant.figures()
    flood = Banner(Text("报警泛滥：按整机合并显示。", "A flood of alarms: machines are told as a whole."), "alarm")
    blocks: tuple[Block, ...] = (flood,) if figures.get("in_flood") else ()
    choice = Choice("priority", Text("优先级", "priority"), tuple((str(k), v) for k, v in PRIORITIES.items()), priority)
    sections.append(Section(Text("报警清单", "Alarms"), (*blocks, alarm_table(plant, listed, choice)),
                            Text("按优先级和时间；同一原因的报警只列第一个", "by priority and time; of those of one cause the first")))
    if held:
        sections.append(Section(Text(f"{len(held)} 个已搁置、抑制或停用", f"{len(held)} shelved, suppressed or out of service"), (_held(plant, held),)))
    waiting = sum(1 for row in shown if row["state"] != State.ACKNOWLEDGED.value)
    title = Text(f"{len(causes)} 个原因，{len(shown)} 个报警，{waiting} 个待确认", f"{len(causes)} causes, {len(shown)} alarms, {waiting} to be acknowledged")
    return drawn(plant, title, sections)


def _by_cause(shown: Sequence[Mapping[str, Told]]) -> list[Mapping[str, Told]]:
    """The first alarm of each cause, weighing as much as the gravest of its kind; the gravest first."""
    known = {row["id"] for row in shown}
    gravest: dict[Told, int] = {}
    for row in shown:
        cause = row["leader"] if row["leader"] in known else row["id"]
        gravest[cause] = min(gravest.get(cause, whole(row["priority"])), whole(row["priority"]))
    firsts: list[Mapping[str, Told]] = [{**row, "priority": gravest[row["id"]]} for row in shown if row["leader"] not in known]
    return sorted(firsts, key=lambda row: whole(row["priority"]))


def alarm_table(plant: Live, alarms: Sequence[Mapping[str, Told]], *choices: Choice) -> Table:
    """Alarms as a table; a row opens its alarm."""
    columns = (Column("priority", Text("优先级", "priority")), Column("place", Text("设备", "machine")), Column("what", Text("信号", "signal")),
               Column("rule", Text("规则", "rule")), Column("state", Text("状态", "state")), Column("since", clocked(Text("自", "since"), plant)),
               Column("times", Text("次数", "times"), number=True))
    rows = []
    for row in alarms:
        notes = [title for flag, title in ((row["chattering"], Text("抖动", "chattering")), (row["stale"], Text("长期存在", "stale"))) if flag]
        state = STATES[State(str(row["state"]))][1]
        for note in notes:
            state += Text(f" · {note.zh}", f" · {note.en}")
        grave = whole(row["priority"]) <= GRAVE
        mark = Mark(state, "alarm" if grave and row["state"] == State.UNACKNOWLEDGED.value else "watch")
        rows.append(Row((PRIORITIES[whole(row["priority"])], cell(row["title"]), cell(row["what"]), cell(row["rule"]), mark, cell(row["since"]),
                         cell(row["times"])), to("plant-alarms", plant=plant.name, alarm=row["id"])))
    return Table("alarms", columns, tuple(rows), choices=choices, empty=Text("没有报警。", "No alarm."))


def _held(plant: Live, held: Sequence[Mapping[str, Told]]) -> Table:
    columns = (Column("place", Text("设备", "machine")), Column("what", Text("信号", "signal")), Column("rule", Text("规则", "rule")),
               Column("state", Text("状态", "state")), Column("until", clocked(Text("至", "until"), plant)), Column("reason", Text("理由", "reason")),
               Column("by", Text("操作人", "by")))
    rows = tuple(Row((cell(row["title"]), cell(row["what"]), cell(row["rule"]), Mark(STATES[State(str(row["state"]))][1], "off"), cell(row["until"]),
                      cell(row["reason"]), cell(row["by"])), to("plant-alarms", plant=plant.name, alarm=row["id"])) for row in held)
    return Table("held", columns, rows)


def _one_alarm(ask: Ask, plant: Live, row: Mapping[str, Told]) -> Section:
    state = State(str(row["state"]))
    machine = to("plant-machine", plant=plant.name, machine=row["machine"], signal=row["signal"] or None)
    facts = Facts(((Text("说明", "what it says"), cell(row["told"])), (Text("状态", "state"), Mark(STATES[state][1])),
                   (clocked(Text("告知时刻", "told at"), plant), cell(row["raised"])),
                   (Text("设备", "machine"), Link(text(row["title"]), machine)),
                   (Text("任务", "task"), _sent(plant, str(row["task"])))))
    forms: list[Block] = [facts]
    if ask.may("dispatch") and plant.at_work:
        possible = ways(state)
        carried = {"alarm": str(row["id"])}
        if Event.ACKNOWLEDGED in possible:
            forms.append(Form("acknowledge", (), EVENTS[Event.ACKNOWLEDGED], carried=carried))
        if Event.SHELVED in possible:
            asked = (Field("minutes", Text("搁置多久", "for how long"), "number", Text("分钟", "minutes"), now="60", required=True),
                     Field("reason", Text("理由", "reason"), required=True))
            forms.append(Form("shelve", asked, EVENTS[Event.SHELVED], carried=carried))
        if Event.UNSHELVED in possible:
            forms.append(Form("unshelve", (), EVENTS[Event.UNSHELVED], carried=carried))
        if Event.REMOVED in possible:
            forms.append(Form("remove", (Field("reason", Text("停用理由", "why it is out of service"), required=True),), EVENTS[Event.REMOVED], "alarm",
                              carried=carried))
        if Event.RESTORED in possible:
            forms.append(Form("restore", (), EVENTS[Event.RESTORED], carried=carried))
    return Section(text(row["title"]), tuple(forms), name="alarm")


def _sent(plant: Live, task: str) -> Cell:
    """How the task of an alarm stands and who was sent, which leads to it; nothing where there is none."""
    found = next(iter(plant.rows("tasks", id=task)), None) if task else None
    if found is None:
        return None
    state, person = TASK.state(str(found["state"])).title, str(found["worker_name"])
    return Link(state + same(f" · {person}") if person else state, to("plant-task", plant=plant.name, task=task))


PAGE = Page("plant-alarms", Text("报警", "Alarms"), draw_alarms, asks=("alarm", "priority"), path=("plant",), acts=(
    order_act("acknowledge", EVENTS[Event.ACKNOWLEDGED], "plant-alarms"), order_act("shelve", EVENTS[Event.SHELVED], "plant-alarms"),
    order_act("unshelve", EVENTS[Event.UNSHELVED], "plant-alarms"), order_act("remove", EVENTS[Event.REMOVED], "plant-alarms"),
    order_act("restore", EVENTS[Event.RESTORED], "plant-alarms")))
