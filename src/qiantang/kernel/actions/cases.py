"""A case is one subject's way through a process: where it stands, who owns it, by when, and on which finding it rests.

Nothing here touches a store or a clock: a case and an event give the next case and the record of that event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from qiantang.kernel.actions.deadlines import Deadline
from qiantang.kernel.actions.plain import Plain, plain_mapping
from qiantang.kernel.actions.process_rows import Event, Need, State, Step
from qiantang.kernel.actions.processes import Process
from qiantang.kernel.errors import ActionError, Fault, Place, raise_all
from qiantang.kernel.words import Text, joined


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a program, with the roles it holds; ``scopes`` limits it to cases of these scopes, None to none."""

    name: str
    roles: frozenset[str]
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """The one who must act: a role, the scope it acts for (a platform, a street), and the person once assigned."""

    role: str
    scope: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Basis:
    """The finding a case stands on: what the rulebook said of the subject in one run."""

    rulebook: str
    run: str
    outcome: str


@dataclass(frozen=True, slots=True)
class LastSeen:
    """What the newest run says of the finding; ``holds`` is None where facts are missing."""

    run: str
    outcome: str
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Case:
    """One case; open while it has an owner and a deadline, closed once it has neither.

    The deadline is counted from ``counted_from``: the day of entering the state or of the last escalation in it.
    """

    id: str
    process: str
    subject: str
    opened_on: date
    state: str
    counted_from: date
    last_event_on: date
    scope: str
    basis: Basis
    last_seen: LastSeen
    owner: Owner | None
    due: Deadline | None
    level: int = 0
    closed_on: date | None = None
    payload: Mapping[str, Plain] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act."""
        return self.closed_on is None

    def stands(self) -> dict[str, Plain]:
        """State, owner and deadline, as the audit log keeps them."""
        return _standing(self.state, self.owner, self.due)

    def overdue_on(self, day: date) -> bool | None:
        """Whether the deadline has passed; None where it is unknown, no for a closed case."""
        return False if self.due is None else self.due.overdue_on(day)


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """What happened to a case on a day, and where it stood afterwards. ``seq`` is the number of its audit entry."""

    case: str
    process: str
    at: datetime
    day: date
    actor: str
    event: str
    from_state: str
    to_state: str
    owner: Owner | None
    due: Deadline | None
    detail: Mapping[str, Plain] = field(default_factory=dict)
    seq: int = 0

    def told(self) -> dict[str, Plain]:
        """The event as the audit log keeps it."""
        return {"process": self.process, "day": str(self.day), "from": self.from_state, "detail": dict(self.detail),
                "stands": _standing(self.to_state, self.owner, self.due)}


@dataclass(frozen=True, slots=True)
class Moved:
    """A case after an event, with the record of it."""

    case: Case
    event: CaseEvent


@dataclass(frozen=True, slots=True)
class CaseFinding:
    """What a run says of one subject for one process: the case is due where the finding ``holds``.

    ``holds`` None means unknown: no case is opened on it and none is closed.
    """

    subject: str
    outcome: str
    holds: bool | None
    scope: str = ""
    payload: Mapping[str, object] = field(default_factory=dict)


EVENT_TITLES: Mapping[str, Text] = {
    "opened": Text("立案", "opened"),
    "escalated": Text("逾期督办", "escalated"),
    "assigned": Text("指定经办人", "assigned"),
    "finding_changed": Text("结论变化", "the finding changed"),
    "deadline_known": Text("期限确定", "the deadline became known"),
}


def case_number(process: Process, year: int, number: int) -> str:
    """The readable number of a case: process, year of opening, place in that year's order."""
    return f"{process.name}-{year}-{number:06d}"


def opened(process: Process, number: int, finding: CaseFinding, *, rulebook: str, run: str, day: date, at: datetime,
           actor: Actor) -> Moved:
    """A new case in the process's first state, standing on this finding."""
    state = process.state(process.start)
    payload = plain_mapping(finding.payload)
    case = Case(
        id=case_number(process, day.year, number), process=process.name, subject=finding.subject, opened_on=day,
        state=state.name, counted_from=day, last_event_on=day, scope=finding.scope,
        basis=Basis(rulebook, run, finding.outcome),
        last_seen=LastSeen(run, finding.outcome, finding.holds), owner=Owner(state.owner, finding.scope),
        due=_due(state, 0, day), payload=payload)
    detail = plain_mapping({"subject": case.subject, "rulebook": rulebook, "run": run, "outcome": finding.outcome,
                            "payload": payload})
    return _moved(case, case, "opened", at, day, actor.name, detail, from_state="")


def stepped(process: Process, case: Case, event: str, payload: Mapping[str, object], *, day: date, at: datetime,
            actor: Actor) -> Moved:
    """The case after an event somebody raised; every reason why it may not be raised is told together."""
    step = process.step(case.state, event)
    if step is None:
        raise ActionError(_no_such_step(process, case, event))
    declared = process.event(event)
    raise_all(ActionError, (*_actor_faults(process, case, step, actor), *_day_faults(case, day),
                            *_payload_faults(case, declared, payload)))
    given = {name: value for name, value in plain_mapping(payload).items() if value is not None}
    state = process.state(step.next_state)
    changed = replace(case, payload={**case.payload, **given})
    if state.closed:
        changed = replace(changed, state=state.name, counted_from=day, owner=None, due=None, level=0, closed_on=day)
    elif step.restarts or state.name != case.state:
        changed = replace(changed, state=state.name, counted_from=day, level=0, owner=Owner(state.owner, case.scope),
                          due=_due(state, 0, day))
    return _moved(case, changed, event, at, day, actor.name, plain_mapping({"payload": given}))


def assigned(process: Process, case: Case, person: str, *, day: date, at: datetime, actor: Actor) -> Moved:
    """The case given to a person of the owning role; the owner and those it escalates to may do so."""
    if case.owner is None:
        raise ActionError(_closed(case))
    state = process.state(case.state)
    allowed = (state.owner, *(step.role for step in state.escalations))
    raise_all(ActionError, (*_role_faults(process, case, allowed, actor), *_day_faults(case, day)))
    changed = replace(case, owner=replace(case.owner, person=person))
    return _moved(case, changed, "assigned", at, day, actor.name, {"person": person})


def reviewed(case: Case, run: str, outcome: str, holds: bool | None, *, day: date, at: datetime,
             actor: Actor) -> Moved | None:
    """The case after a newer run, where that run says something else than the last one did; else nothing.

    The case stays open in its state: whether a changed finding ends it is for its owner to decide. A run on a day
    before the case's last event brings no news.
    """
    if day < case.last_event_on or (outcome, holds) == (case.last_seen.outcome, case.last_seen.holds):
        return None
    changed = replace(case, last_seen=LastSeen(run, outcome, holds))
    detail: dict[str, Plain] = {"run": run, "outcome": outcome, "holds": holds, "was": case.last_seen.outcome}
    return _moved(case, changed, "finding_changed", at, day, actor.name, detail)


def chased(process: Process, case: Case, *, day: date, at: datetime, actor: Actor) -> list[Moved]:
    """What the passing of time does to an open case by this day: nothing, a deadline become known, or escalation.

    An overdue case goes to the next role of its state, which has its own time; the last role keeps it, overdue.
    """
    if case.due is None or case.owner is None or day < case.last_event_on:
        return []
    moves: list[Moved] = []
    state = process.state(case.state)
    if case.due.day is None:
        due = _due(state, case.level, case.counted_from)
        if due is None or due.day is None:
            return []
        moves.append(_moved(case, replace(case, due=due), "deadline_known", at, day, actor.name, {}))
        case = moves[-1].case
    if case.overdue_on(day) and case.level < len(state.escalations):
        level = case.level + 1
        missed = plain_mapping({"missed": case.due and case.due.day, "was": case.owner and case.owner.role,
                                "level": level})
        changed = replace(case, level=level, counted_from=day, due=_due(state, level, day),
                          owner=Owner(state.escalations[level - 1].role, case.scope))
        moves.append(_moved(case, changed, "escalated", at, day, actor.name, missed))
    return moves


def _standing(state: str, owner: Owner | None, due: Deadline | None) -> dict[str, Plain]:
    return {"state": state,
            "owner": {"role": owner.role, "scope": owner.scope, "person": owner.person} if owner else None,
            "due": str(due.day or "unknown") if due else None}


def _due(state: State, level: int, day: date) -> Deadline | None:
    rule = state.escalations[level - 1].deadline if level else state.deadline
    return rule.due(day) if rule else None


def _moved(before: Case, after: Case, event: str, at: datetime, day: date, actor: str, detail: Mapping[str, Plain],
           from_state: str | None = None) -> Moved:
    after = replace(after, last_event_on=day)
    left = before.state if from_state is None else from_state
    return Moved(after, CaseEvent(after.id, after.process, at, day, actor, event, left, after.state, after.owner,
                                  after.due, detail))


def _closed(case: Case) -> Fault:
    return Fault(
        Text("案件 {id} 已于 {day} 办结。", "case {id} was closed on {day}.").filled(id=case.id, day=case.closed_on),
        Place(path=case.id), case.state, "case-open",
        Text("已结案件不再变动；如有新结论，将另立新案。",
             "A closed case does not change; a new finding opens a new one."))


def _no_such_step(process: Process, case: Case, event: str) -> Fault:
    if not case.is_open:
        return _closed(case)
    ways = [process.event(step.event) for step in process.steps_from(case.state)]
    return Fault(
        Text("案件 {id} 处于“{state}”，不能提起“{event}”。",
             "case {id} is in “{state}”, where “{event}” cannot be raised.").filled(
            id=case.id, state=process.state(case.state).title, event=event),
        Place(path=case.id), event, "step-in-table",
        Text("此时可以提起：", "Here one may raise: ")
        + joined([Text(f"{way.name}（{way.title.zh}）", f"{way.name} ({way.title.en})") for way in ways])
        + Text("。", "."))


def _actor_faults(process: Process, case: Case, step: Step, actor: Actor) -> Iterator[Fault]:
    stands_in = (case.owner.role,) if case.owner and process.state(case.state).owner in step.may else ()
    yield from _role_faults(process, case, (*step.may, *stands_in), actor)


def _role_faults(process: Process, case: Case, allowed: tuple[str, ...], actor: Actor) -> Iterator[Fault]:
    if not actor.roles.intersection(allowed):
        yield Fault(
            Text("{actor} 无权办理案件 {id} 的这一步。", "{actor} may not take this step in case {id}.").filled(
                actor=actor.name, id=case.id),
            Place(path=case.id), sorted(actor.roles), "who-may",
            Text("可由下列角色办理：", "It is for: ")
            + joined([process.role_title(role) for role in dict.fromkeys(allowed)]) + Text("。", "."))
    if actor.scopes is not None and case.scope not in actor.scopes:
        yield Fault(
            Text("案件 {id} 属于“{scope}”，不在 {actor} 的管辖范围内。",
                 "case {id} belongs to “{scope}”, outside what {actor} looks after.").filled(
                     id=case.id, scope=case.scope, actor=actor.name),
            Place(path=case.id), case.scope, "who-may",
            Text("请转交该范围的经办人。", "Hand it to somebody of that scope."))


def _day_faults(case: Case, day: date) -> Iterator[Fault]:
    if day < case.last_event_on:
        yield Fault(
            Text("{day} 早于案件 {id} 的上一事件（{last}）。",
                 "{day} lies before the last event of case {id} ({last}).").filled(
                day=day, id=case.id, last=case.last_event_on),
            Place(path=case.id), day, "days-run-forward",
            Text("请填当日或之后的日期。", "Give that day or a later one."))


def _payload_faults(case: Case, event: Event, payload: Mapping[str, object]) -> Iterator[Fault]:
    for need in event.needs:
        value = payload.get(need.name)
        if value is None:
            if not need.optional:
                yield Fault(Text("缺少“{title}”（{name}）。", "“{title}” ({name}) is missing.").filled(
                    title=need.title, name=need.name), Place(path=f"{case.id}.{need.name}"), None, "field-given",
                    _wanted(need))
        elif not need.takes(value):
            yield Fault(Text("“{title}”（{name}）不能是 {value}。", "“{title}” ({name}) cannot be {value}.").filled(
                title=need.title, name=need.name, value=repr(value)), Place(path=f"{case.id}.{need.name}"), value,
                "field-kind", _wanted(need))
    declared = {need.name for need in event.needs}
    for name, value in payload.items():
        if name not in declared:
            yield Fault(Text("“{event}”没有字段“{name}”。", "“{event}” has no field “{name}”.").filled(
                event=event.title, name=name), Place(path=f"{case.id}.{name}"), value, "field-known",
                Text("可用的有：{names}。", "There are: {names}.").filled(names=", ".join(sorted(declared)) or "—"))


def _wanted(need: Need) -> Text:
    if need.choices:
        return (Text("请从中选择：", "Choose one of: ")
                + joined([Text(f"{choice.name}（{choice.title.zh}）", f"{choice.name} ({choice.title.en})")
                          for choice in need.choices]) + Text("。", "."))
    return Text("请填写{kind}。", "Give {kind}.").filled(kind=need.kind.said)
