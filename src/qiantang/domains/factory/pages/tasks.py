"""The board of tasks, everybody's plan over time, and one task for the person who does it."""

from __future__ import annotations

from collections.abc import Mapping

from qiantang.domains.factory.actions import TASK, event_title
from qiantang.domains.factory.pages.past import past_of
from qiantang.domains.factory.pages.showing import (
    PRIORITIES,
    amount,
    cell,
    chosen,
    clocked,
    drawn,
    instant,
    order_act,
    text,
    whole,
)
from qiantang.kernel.pages.blocks import (
    Banner,
    Choice,
    Column,
    Drawn,
    Facts,
    Field,
    Form,
    Gantt,
    Row,
    Section,
    Span,
    Table,
    Timeline,
)
from qiantang.kernel.pages.blocks import Event as Happened
from qiantang.kernel.pages.declaring import Ask, Page
from qiantang.kernel.pages.live import Live, Told
from qiantang.kernel.pages.portions import portion
from qiantang.kernel.pages.values import Amount, Cell, Link, Mark, to
from qiantang.kernel.words import Text, same


def draw_tasks(ask: Ask) -> Drawn:
    """Who does what, by when: the day of each person, and every task that is not over."""
    plant = chosen(ask)
    tasks = plant.rows("tasks")
    still_open = [row for row in tasks if not TASK.state(str(row["state"])).closed]
    mine, state = ask.asked.get("mine") == "yes", ask.asked.get("state", "")
    listed = [row for row in tasks if (not mine or row["worker"] == ask.who) and (not state or state == row["state"])]
    # What is open comes first; of what is over the latest.
    listed.sort(key=lambda row: (TASK.state(str(row["state"])).closed, -instant(row["since"]).timestamp() if TASK.state(str(row["state"])).closed else 0.0))
    sections = []
    spans = plant.rows("spans")
    if spans:
        lanes = dict.fromkeys((str(row["lane"]), str(row["name"])) for row in spans)
        work = tuple(Span(str(row["lane"]), instant(row["start"]), instant(row["end"]), text(row["title"]), "watch" if row["late"] else "plain",
                          to("plant-task", plant=plant.name, task=row["task"])) for row in spans)
        plan = Gantt("plan", tuple((lane, same(name)) for lane, name in lanes), work, plant.as_of)
        sections.append(Section(clocked(Text("各人的安排", "Everybody's plan"), plant), (plan,)))
    columns = (Column("task", Text("任务", "task")), Column("priority", Text("优先级", "priority")), Column("place", Text("设备", "machine")),
               Column("skill", Text("技能", "skill")), Column("state", Text("状态", "state")), Column("worker", Text("人员", "person")),
               Column("due", clocked(Text("期限", "due"), plant)))
    yes = (("yes", Text("是", "yes")),)
    choices = (Choice("mine", Text("我的", "mine"), yes, "yes" if mine else ""),
               Choice("state", Text("状态", "state"), tuple((s.name, s.title) for s in TASK.states), state))
    part = portion(ask.asked, len(listed))
    now = plant.as_of
    rows = tuple(Row((str(row["id"]), PRIORITIES[whole(row["priority"])], cell(row["title"]), cell(row["skill"]),
                      Mark(TASK.state(str(row["state"])).title), str(row["worker_name"]) or None, cell(row["due"])),
                     to("plant-task", plant=plant.name, task=row["id"]),
                     "watch" if now is not None and not TASK.state(str(row["state"])).closed and instant(row["due"]).timestamp() < now.timestamp() else "plain")
                 for row in listed[part.offset:part.offset + part.limit])
    sections.append(Section(Text("任务", "Tasks"), (Table("tasks", columns, rows, part, choices, empty=Text("没有这样的任务。", "There are no such tasks.")),)))
    unassigned = sum(1 for row in still_open if not row["worker"])
    many = len(still_open)
    return drawn(plant, Text(f"{many} 项任务未完成，{unassigned} 项待派", f"{many} tasks open, {unassigned} of them with nobody"), sections)


def draw_task(ask: Ask) -> Drawn:
    """One task for whoever does it: what, where, why this person, and the answer expected now."""
    plant = chosen(ask)
    found = next((row for row in plant.rows("tasks") if row["id"] == ask.asked.get("task")), None)
    crumbs = (Link(Text("任务", "Tasks"), to("plant-tasks", plant=plant.name)),)
    if found is None:
        gone = Banner(Text("此任务已不在清单中。", "This task is no longer in the list."), "watch")
        return drawn(plant, Text("任务", "Task"), (Section(same(""), (gone,)),), crumbs=crumbs)
    state = TASK.state(str(found["state"]))
    facts = Facts(((Text("设备", "machine"), cell(found["title"])), (Text("技能", "skill"), cell(found["skill"])),
                   (Text("优先级", "priority"), PRIORITIES[whole(found["priority"])]), (Text("状态", "state"), Mark(state.title)),
                   (Text("人员", "person"), str(found["worker_name"]) or None), (clocked(Text("期限", "due"), plant), cell(found["due"])),
                   *(((Text("备件", "spare parts"), text(found["parts"])),) if text(found["parts"]).zh else ()),
                   (Text("预计工时", "work expected"), Amount(amount(found["minutes"]), Text("分钟", "min"), 0)),
                   (Text("结论数", "findings"), _alarm(plant, found)),
                   (Text("起因", "what happened"), cell(found["told"])), (Text("派工理由", "why this person"), cell(found["why"]))))
    sections = [Section(state.title, (facts,), span=7)]
    answers = [TASK.event(step.event) for step in TASK.steps_from(state.name) if "technician" in step.may and step.event in _ANSWERS]
    if answers and ask.may("dispatch") and plant.at_work:
        forms = tuple(Form(event.name, tuple(Field(need.name, clocked(need.title, plant) if need.name == _SINCE else need.title,
                                                   "text" if need.optional else "long", required=not need.optional)
                                             for need in event.needs), event.title,
                           "alarm" if event.name == "refuse" else "plain", carried={"task": str(found["id"])}) for event in answers)
        sections.append(Section(Text("现在可以", "What can be done now"), forms, span=5, name="steps"))
    sections += past_of(plant, str(found["asset"]), str(found["rules"]).split())
    events = plant.rows("task_events", task=str(found["id"]))
    if events:
        told = tuple(Happened(instant(row["at"]), event_title(str(row["event"])), str(row["worker_name"]), text(row["reason"]))
                     for row in events)
        sections.append(Section(clocked(Text("经过", "What happened"), plant), (Timeline(told),)))
    return drawn(plant, text(found["title"]), sections, same(str(found["id"])), crumbs)


def _alarm(plant: Live, task: Mapping[str, Told]) -> Cell:
    """How many findings the task is of, which leads to the alarm that opened it while that is in the list."""
    known = any(plant.rows(table, id=str(task["finding"])) for table in ("alarms", "held"))
    return Link(same(str(task["findings"])), to("plant-alarms", plant=plant.name, alarm=task["finding"])) if known else cell(task["findings"])


_ANSWERS = ("accept", "refuse", "start", "finish")
_SINCE = "since"
"""What a technician says in the plant's own time."""


PAGES = (
    Page("plant-tasks", Text("任务", "Tasks"), draw_tasks, asks=("mine", "state"), path=("plant",)),
    Page("plant-task", Text("任务", "Task"), draw_task, path=("plant", "task"), acts=tuple(
        order_act(name, TASK.event(name).title, "plant-task") for name in _ANSWERS)),
)
