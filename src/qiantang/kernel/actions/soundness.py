"""A process table is sound when every open state has one owner, one deadline and a way to the end, none cut off."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from qiantang.kernel.actions.process_rows import Kind, State, Table
from qiantang.kernel.errors import Fault, Place
from qiantang.kernel.words import Text

RESERVED_EVENTS = ("opened", "escalated", "assigned", "finding_changed", "deadline_known")
"""Events that the system itself records on any case; no table may use their names."""


def faults_of(table: Table) -> tuple[Fault, ...]:
    """Everything that is wrong with the table; empty where it is sound."""
    return (*_names(table), *_open_and_closed(table), *_rows(table), *_fields(table), *_ways(table))


@dataclass(frozen=True, slots=True)
class _Rule:
    """What is said where a rule is broken, and what to do then."""

    name: str
    message: Text
    remedy: Text

    def broken(self, table: Table, path: str, value: object = None, **places: object) -> Fault:
        return Fault(self.message.filled(name=value, **places), Place(path=f"{table.name}.{path}"), value, self.name,
                     self.remedy.filled(name=value, **places))


_PROCESS_NAME = _Rule(
    "process-name",
    Text("流程名“{name}”不能用作案号开头。", "“{name}” cannot begin a case number."),
    Text("只用小写字母、数字和下划线，以字母开头。", "Use lower-case letters, digits and underscores, a letter first."))
_DECLARED_ONCE = _Rule(
    "declared-once",
    Text("“{name}”写了不止一次。", "“{name}” is written more than once."),
    Text("每个只写一行。", "Write each of them in one row."))
_RESERVED_EVENT = _Rule(
    "reserved-event",
    Text("事件名“{name}”由系统专用。", "the event name “{name}” belongs to the system."),
    Text("请换一个名称。", "Choose another name."))
_CLOSED_IS_OWNED = _Rule(
    "closed-state",
    Text("已结状态“{name}”不应有责任方、期限或督办。",
         "the closed state “{name}” has an owner, a deadline or an escalation."),
    Text("请删去，或把它改为未结状态。", "Take them out, or make the state an open one."))
_CLOSED_GOES_ON = _Rule(
    "closed-state",
    Text("已结状态“{name}”不应再有去向。", "a step leads out of the closed state “{name}”."),
    Text("请删去这一行，或把它改为未结状态。", "Take the row out, or make the state an open one."))
_ONE_OWNER = _Rule(
    "one-owner",
    Text("未结状态“{name}”没有责任方。", "the open state “{name}” has no owner."),
    Text("请写明一个角色。", "Name one role."))
_ONE_DEADLINE = _Rule(
    "one-deadline",
    Text("未结状态“{name}”没有期限。", "the open state “{name}” has no deadline."),
    Text("请写明一条期限规则。", "Give one deadline rule."))
_ESCALATION_MOVES_ON = _Rule(
    "escalation-moves-on",
    Text("状态“{state}”的督办又回到“{name}”。", "escalation in “{state}” comes back to “{name}”."),
    Text("每一级督办换一个角色。", "Let every level go to another role."))
_OWNER_CAN_ACT = _Rule(
    "owner-can-act",
    Text("“{name}”负责状态“{state}”，却不能提起其中任何事件。",
         "“{name}” owns “{state}” but may raise none of its events."),
    Text("让责任方至少能提起一个事件，或换责任方。",
         "Let the owner raise at least one event, or change the owner."))
_KNOWN_STATE = _Rule(
    "known-state",
    Text("没有名为“{name}”的状态。", "there is no state “{name}”."),
    Text("可用的有：{known}。", "There are: {known}."))
_KNOWN_EVENT = _Rule(
    "known-event",
    Text("没有名为“{name}”的事件。", "there is no event “{name}”."),
    Text("可用的有：{known}。", "There are: {known}."))
_KNOWN_ROLE = _Rule(
    "known-role",
    Text("没有名为“{name}”的角色。", "there is no role “{name}”."),
    Text("可用的有：{known}。", "There are: {known}."))
_SOMEBODY_MAY = _Rule(
    "somebody-may",
    Text("没有人可以提起“{name}”。", "nobody may raise “{name}”."),
    Text("请写明至少一个角色。", "Name at least one role."))
_EVENT_USED = _Rule(
    "event-used",
    Text("事件“{name}”没有出现在任何一行。", "the event “{name}” stands in no row."),
    Text("请加上它的一行，或删去它。", "Give it a row, or take it out."))
_CHOICES = _Rule(
    "choices",
    Text("字段“{name}”的选项不成立。", "the choices of the field “{name}” do not hold."),
    Text("选择字段须列出互不相同的选项，其他字段不列。",
         "A choice field lists choices, each once; other fields list none."))
_START_STATE = _Rule(
    "start-state",
    Text("起始状态“{name}”不存在或已是办结状态。", "the start “{name}” is no state, or a closed one."),
    Text("可用的有：{known}。", "There are: {known}."))
_REACHABLE = _Rule(
    "reachable",
    Text("从起始状态到不了“{name}”。", "no way leads from the start to “{name}”."),
    Text("请加上通向它的一行，或删去它。", "Add a row that leads there, or take the state out."))
_NO_DEAD_END = _Rule(
    "no-dead-end",
    Text("从“{name}”走不到任何办结状态。", "no way leads from “{name}” to a closed state."),
    Text("请加上通向办结的一行。", "Add a row that leads towards a closed state."))


def _names(table: Table) -> Iterator[Fault]:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", table.name):
        yield _PROCESS_NAME.broken(table, "name", table.name)
    for path, names in (("roles", [role.name for role in table.roles]),
                        ("states", [state.name for state in table.states]),
                        ("events", [event.name for event in table.events]),
                        ("steps", [f"{step.state} + {step.event}" for step in table.steps])):
        yield from (_DECLARED_ONCE.broken(table, f"{path}.{double}", double) for double in _doubles(names))
    for event in table.events:
        if event.name in RESERVED_EVENTS:
            yield _RESERVED_EVENT.broken(table, f"events.{event.name}", event.name)


def _open_and_closed(table: Table) -> Iterator[Fault]:
    for state in table.states:
        path = f"states.{state.name}"
        if not state.closed:
            yield from _owned(table, state, path)
        elif state.owner or state.deadline or state.escalations:
            yield _CLOSED_IS_OWNED.broken(table, path, state.name)


def _owned(table: Table, state: State, path: str) -> Iterator[Fault]:
    roles = [role.name for role in table.roles]
    if not state.owner:
        yield _ONE_OWNER.broken(table, path, state.name)
    if state.deadline is None:
        yield _ONE_DEADLINE.broken(table, path, state.name)
    chain = [role for role in (state.owner, *(escalation.role for escalation in state.escalations)) if role]
    for role in chain:
        if role not in roles:
            yield _KNOWN_ROLE.broken(table, path, role, known=_listed(roles))
    for double in _doubles(chain):
        yield _ESCALATION_MOVES_ON.broken(table, path, double, state=state.name)
    raisers = {role for step in table.steps_from(state.name) for role in step.may}
    if state.owner and raisers and state.owner not in raisers:
        yield _OWNER_CAN_ACT.broken(table, path, state.owner, state=state.name)


def _rows(table: Table) -> Iterator[Fault]:
    roles = [role.name for role in table.roles]
    states = {state.name: state for state in table.states}
    events = [event.name for event in table.events]
    for step in table.steps:
        path = f"steps.{step.state} + {step.event}"
        for name in dict.fromkeys((step.state, step.next_state)):
            if name not in states:
                yield _KNOWN_STATE.broken(table, path, name, known=_listed(states))
        if step.event not in events:
            yield _KNOWN_EVENT.broken(table, path, step.event, known=_listed(events))
        if step.state in states and states[step.state].closed:
            yield _CLOSED_GOES_ON.broken(table, path, step.state)
        if not step.may:
            yield _SOMEBODY_MAY.broken(table, path, step.event)
        for role in step.may:
            if role not in roles:
                yield _KNOWN_ROLE.broken(table, path, role, known=_listed(roles))
    used = {step.event for step in table.steps}
    yield from (_EVENT_USED.broken(table, f"events.{name}", name) for name in events if name not in used)


def _fields(table: Table) -> Iterator[Fault]:
    for event in table.events:
        path = f"events.{event.name}"
        for double in _doubles(need.name for need in event.needs):
            yield _DECLARED_ONCE.broken(table, f"{path}.{double}", double)
        for need in event.needs:
            names = [choice.name for choice in need.choices]
            if (need.kind is Kind.CHOICE) != bool(names) or _doubles(names):
                yield _CHOICES.broken(table, f"{path}.{need.name}", need.name)


def _ways(table: Table) -> Iterator[Fault]:
    """Where a case can come to, and from where it can end; walked through the rows that name known states."""
    states = {state.name: state for state in table.states}
    ahead: dict[str, set[str]] = {name: set() for name in states}
    behind: dict[str, set[str]] = {name: set() for name in states}
    for step in table.steps:
        if step.state in states and step.next_state in states:
            ahead[step.state].add(step.next_state)
            behind[step.next_state].add(step.state)
    still_open = [name for name, state in states.items() if not state.closed]
    if table.start in still_open:
        reached = _walked([table.start], ahead)
        yield from (_REACHABLE.broken(table, f"states.{name}", name) for name in states if name not in reached)
    else:
        yield _START_STATE.broken(table, "start", table.start, known=_listed(still_open))
    ending = _walked([name for name in states if name not in still_open], behind)
    yield from (_NO_DEAD_END.broken(table, f"states.{name}", name) for name in states if name not in ending)


def _walked(starts: Iterable[str], ways: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(ways[name])
    return seen


def _doubles(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "—"
