"""qiantang cases: what was opened on findings, who owns it until when, and the steps that close it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.compare import pairs
from qiantang.cli.declaring import JsonOption, LangOption, command, group
from qiantang.cli.language import said, told
from qiantang.cli.options import ByOption, DayOption, DirOption, LimitOption
from qiantang.cli.screen import Screen
from qiantang.kernel.expressions.figures import figure
from qiantang.kernel.words import Text, preferred_lang

if TYPE_CHECKING:
    from qiantang.district.workspace import Workspace
    from qiantang.kernel.actions.cases import Case, CaseEvent
    from qiantang.kernel.actions.desk import CaseDesk
    from qiantang.kernel.actions.ports import StateStore
    from qiantang.kernel.actions.process_rows import Need
    from qiantang.kernel.actions.processes import Process

LISTED = 30
CaseArgument = Annotated[str, typer.Argument(metavar="ID", help=said("案号", "number of the case"))]
ProcessOption = Annotated[str | None, typer.Option("--process", metavar="NAME", show_default=False, help=said("只看这一流程", "only this process"))]


class Every(StrEnum):
    """The periods that are counted."""

    month = "month"
    quarter = "quarter"
    year = "year"


def declare(app: typer.Typer) -> None:
    """Declare the group; without a word after it, it lists."""
    cases = group("cases", said("案件：列出、查看、办理、指派、催办、动态清零。", "Cases: list, show, act, assign, chase, and the count towards zero."),
                  "qiantang cases", "qiantang cases show lowland-2022-000001",
                  "qiantang cases do lowland-2022-000001 submit_plan --field route=improve --field plan_land_mu=12.5 …", alone=True)

    @cases.callback()
    def alone(context: typer.Context, as_json: JsonOption = False, lang: LangOption = None, directory: DirOption = None) -> None:
        if context.invoked_subcommand is None:
            from qiantang.cli.answering import answered

            raise typer.Exit(answered(lambda: list_cases(directory=directory), as_json))

    command(cases, "list", said("列出案件。", "List cases."), ["qiantang cases list --process lowland --overdue"])(list_cases)
    command(cases, "show", said("查看一个案件：依据、责任方、期限、经过与下一步。", "Show a case: what it stands on, owner, deadline, history and next steps."),
            ["qiantang cases show lowland-2022-000001"])(show)
    command(cases, "do", said("办理一步。", "Take a step in a case."),
            ["qiantang cases do lowland-2022-000001 approve",
             "qiantang cases do ID submit_plan --field route=improve --field plan_land_mu=12.5 --field due_on=2023-12-31 --field measures=…"])(do)
    command(cases, "assign", said("指定经办人。", "Name the person who handles a case."), ["qiantang cases assign lowland-2022-000001 Li"])(assign)
    command(cases, "chase", said("催办：逾期案件按流程升级。", "Chase: overdue cases are escalated as their process says."),
            ["qiantang cases chase --on 2023-03-31"])(chase)
    command(cases, "zero", said("动态清零：在办数随时间的变化，以及尚未清零的案件。", "Dynamic zero: how many stood open over time, and which still do."),
            ["qiantang cases zero --process lowland --every quarter"])(zero)
    app.add_typer(cases)


@contextmanager
def _at_desk(directory: Path | None) -> Iterator[tuple[Workspace, StateStore, CaseDesk]]:
    from qiantang.district.workspace import found_workspace
    from qiantang.kernel.actions.desk import CaseDesk

    workspace = found_workspace(directory)
    store = workspace.state()
    try:
        yield workspace, store, CaseDesk(store, workspace.house.processes)
    finally:
        store.close()


def list_cases(
    process: ProcessOption = None,
    subject: Annotated[str | None, typer.Option("--subject", metavar="CODE", show_default=False, help=said("只看这一对象", "only of this subject"))] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help=said("只看已逾期的", "only overdue ones"))] = False,
    every: Annotated[bool, typer.Option("--all", help=said("包括已办结的", "closed ones, too"))] = False,
    on: DayOption = None, limit: LimitOption = None, directory: DirOption = None,
) -> Answer:
    """Open cases by number; all of them where asked."""
    from qiantang.cli.opening import acting_day
    from qiantang.kernel.actions.ports import CaseQuery

    with _at_desk(directory) as (workspace, store, desk):
        day = acting_day(workspace, on)
        if process is not None:
            desk.process(process)
        query = CaseQuery(process=process, subject=subject, open_only=not every, overdue_on=day if overdue else None, limit=limit or LISTED)
        with store.reading() as reader:
            found, many = reader.cases(query), reader.count_cases(query)
        titles = {p.name: p for p in workspace.house.processes}

    def draw(screen: Screen) -> None:
        screen.line(said(f"{many:,} 件（{day}）", f"{many:,} cases (on {day})"), style="bold")
        screen.table([said("案号", "case"), said("对象", "subject"), said("状态", "state"), said("责任方", "owner"), said("期限", "due")],
                     [[c.id, _subject(c), titles[c.process].state(c.state).title, _owner(titles[c.process], c), _due(c, day)] for c in found], indent=2)
        if many > len(found):
            screen.note(said(f"另有 {many - len(found):,} 件，用 --limit 查看", f"{many - len(found):,} more; see them with --limit"), indent=2)

    return Answer({"day": day, "many": many, "cases": [_told(c, titles[c.process], day) for c in found]}, draw)


def show(case: CaseArgument, on: DayOption = None, directory: DirOption = None) -> Answer:
    """One case with its history and the steps that are open to it."""
    from qiantang.cli.opening import acting_day

    with _at_desk(directory) as (workspace, _, desk):
        found, events = desk.case(case), desk.history(case)
        process, day = desk.process(found.process), acting_day(workspace, on)

    def draw(screen: Screen) -> None:
        _draw_case(screen, found, process, day, workspace)
        _draw_history(screen, process, events)
        _draw_steps(screen, found, process, day)

    steps = [] if not found.is_open else [
        {"event": s.event, "title": process.event(s.event).title, "to": s.next_state, "may": s.may,
         "needs": [{"name": n.name, "title": n.title, "kind": n.kind, "optional": n.optional, "choices": n.choices} for n in process.event(s.event).needs]}
        for s in process.steps_from(found.state)]
    return Answer({**_told(found, process, day), "history": [_event_told(e) for e in events], "steps": steps}, draw)


def do(
    case: CaseArgument, event: Annotated[str, typer.Argument(metavar="EVENT", help=said("办理事项，如 approve", "what is done, such as approve"))],
    field: Annotated[list[str], typer.Option("--field", metavar="NAME=VALUE", show_default=False, help=said(
        "该事项须填的内容（可多次给出）", "what the event must bring (may be given several times)"))] = [],  # noqa: B006 # Typer reads a list
    by: ByOption = None, on: DayOption = None, directory: DirOption = None,
) -> Answer:
    """Raise an event on a case."""
    from qiantang.cli.opening import acting_day, actor, now
    from qiantang.kernel.actions.written import payload_of

    given = pairs(field)
    with _at_desk(directory) as (workspace, _, desk):
        before = desk.case(case)
        process, day = desk.process(before.process), _no_earlier(before, acting_day(workspace, on), on)
        declared = next((e for e in process.events if e.name == event), None)
        after = desk.step(case, event, payload_of(declared, given), day=day, at=now(), actor=actor((process,), by))
    return _moved(after, process, day, workspace)


def assign(
    case: CaseArgument, person: Annotated[str, typer.Argument(metavar="PERSON", help=said("经办人姓名", "name of the person"))],
    by: ByOption = None, on: DayOption = None, directory: DirOption = None,
) -> Answer:
    """Give a case to a person of the owning role."""
    from qiantang.cli.opening import acting_day, actor, now

    with _at_desk(directory) as (workspace, _, desk):
        before = desk.case(case)
        process, day = desk.process(before.process), _no_earlier(before, acting_day(workspace, on), on)
        after = desk.assign(case, person, day=day, at=now(), actor=actor((process,), by))
    return _moved(after, process, day, workspace)


def chase(by: ByOption = None, on: DayOption = None, directory: DirOption = None) -> Answer:
    """Escalate what is overdue, and fill in deadlines that have become known."""
    from qiantang.cli.opening import acting_day, actor, now

    with _at_desk(directory) as (workspace, _, desk):
        day = acting_day(workspace, on)
        touched = desk.chase(day=day, at=now(), actor=actor(workspace.house.processes, by))
        titles = {p.name: p for p in workspace.house.processes}

    def draw(screen: Screen) -> None:
        screen.line(said(f"{day}：{len(touched):,} 件变动", f"{day}: {len(touched):,} cases changed"), style="bold")
        screen.table([said("案号", "case"), said("对象", "subject"), said("现责任方", "owner now"), said("新期限", "due now")],
                     [[c.id, _subject(c), _owner(titles[c.process], c), _due(c, day)] for c in touched[:LISTED]], indent=2)
        if len(touched) > LISTED:
            screen.note(said(f"另有 {len(touched) - LISTED:,} 件", f"{len(touched) - LISTED:,} more"), indent=2)

    return Answer({"day": day, "touched": [_told(c, titles[c.process], day) for c in touched]}, draw)


def zero(
    process: ProcessOption = None,
    every: Annotated[Every, typer.Option("--every", help=said("按月、季或年计", "count by month, quarter or year"))] = Every.month,
    on: DayOption = None, limit: LimitOption = None, directory: DirOption = None,
) -> Answer:
    """The count over time, and what still stands against zero."""
    from qiantang.cli.opening import acting_day
    from qiantang.kernel.actions.history import Every as Period
    from qiantang.kernel.actions.history import against_zero

    with _at_desk(directory) as (workspace, store, desk):
        day = acting_day(workspace, on)
        named = process or workspace.house.processes[0].name
        table = desk.process(named)
        found = against_zero(store, named, day, Period(every.value))
        subjects = {e.case: _subject(desk.case(e.case)) for e in found.still_open[:limit or LISTED]}

    def draw(screen: Screen) -> None:
        screen.heading(f"{told(table.title)} · {day}")
        open_now = len(found.still_open)
        screen.line(said("已清零。", "It stands at zero.") if found.is_zero else
                    said(f"尚有 {open_now:,} 件，其中逾期 {found.overdue:,} 件", f"{open_now:,} still stand, {found.overdue:,} of them overdue")
                    + (said(f"，期限未知 {found.deadline_unknown:,} 件",
                            f", {found.deadline_unknown:,} with an unknown deadline") if found.deadline_unknown else ""),
                    indent=2)
        screen.table([said("期间", "period"), said("新立", "opened"), said("办结", "closed"), said("期末在办", "open at the end")],
                     [[p.period, f"{p.opened:,}", f"{p.closed:,}", f"{p.standing:,}"] for p in found.periods], right=[1, 2, 3], indent=2)
        if found.still_open:
            screen.heading(said("尚未清零（按期限先后）", "What still stands against zero (due first in front)"))
            screen.table([said("案号", "case"), said("对象", "subject"), said("状态", "state"), said("责任方", "owner"), said("期限", "due")],
                         [[e.case, subjects[e.case], table.state(e.to_state).title, "" if e.owner is None else table.role_title(e.owner.role),
                           "" if e.due is None else told(e.due.said) + (said(" 逾期", " overdue") if e.due.overdue_on(day) else "")]
                          for e in found.still_open[:len(subjects)]], indent=2)

    return Answer({"process": named, "title": table.title, "day": day, "is_zero": found.is_zero, "open": len(found.still_open), "overdue": found.overdue,
                   "deadline_unknown": found.deadline_unknown, "periods": found.periods, "by_state": dict(found.by_state), "by_owner": dict(found.by_owner),
                   "still_open": [{"case": e.case, "state": e.to_state, "due": None if e.due is None else e.due.day} for e in found.still_open]}, draw)


# --- one case ---


def _moved(after: Case, process: Process, day: date, workspace: Workspace) -> Answer:
    def draw(screen: Screen) -> None:
        _draw_case(screen, after, process, day, workspace)
        _draw_steps(screen, after, process, day)

    return Answer(_told(after, process, day), draw)


def _no_earlier(case: Case, day: date, asked: date | None) -> date:
    """Today, or the day of the case's last event where a demonstration's clock stands before it."""
    return day if asked is not None else max(day, case.last_event_on)


def _draw_case(screen: Screen, case: Case, process: Process, day: date, workspace: Workspace) -> None:
    screen.heading(f"{case.id} · {told(process.title)}")
    named = _Named(workspace, case)
    rows: list[tuple[str, str | Text]] = [(said("对象", "subject"), _subject(case)), (said("状态", "state"), process.state(case.state).title)]
    if case.is_open:
        scope = f" · {told(named.words[case.scope])}" if case.scope in named.words else ""
        rows += [(said("责任方", "owner"), _owner(process, case) + scope), (said("期限", "due"), _due(case, day))]
    else:
        rows.append((said("办结", "closed"), str(case.closed_on)))
    outcome = told(named.words.get(case.basis.outcome, Text(case.basis.outcome, case.basis.outcome)))
    rows += [(said("立案", "opened"), str(case.opened_on)), (said("依据", "stands on"), f"{case.basis.rulebook}: {outcome}")]
    if case.last_seen.run != case.basis.run:
        rows.append((said("最近一次评价", "newest run says"), case.last_seen.outcome or said("未知", "unknown")))
    needs = {need.name: need for event in process.events for need in event.needs}
    for name, value in case.payload.items():
        if name != "name" and value not in (None, ""):
            rows.append((told(needs[name].title), _chosen(value, needs[name])) if name in needs and name not in named.kinds
                        else (named.title(name), named.value(name, value)))
    screen.pairs(rows)


def _chosen(value: object, need: Need) -> str:
    return {c.name: told(c.title) for c in need.choices}.get(str(value), str(value))


class _Named:
    """What the fields that a finding brought into its case are called, and in which unit they are."""

    def __init__(self, workspace: Workspace, case: Case) -> None:
        from qiantang.cli.words import words_of

        reading = workspace.house.library.book(case.basis.rulebook).on(case.opened_on)
        self.words = words_of(workspace, reading)
        self.kinds = {c.name: c.type for c in reading.book.dossier.columns} | {n: e.type for n, e in reading.columns().items()}

    def title(self, name: str) -> str:
        """The title of a fact, or of the criterion whose part it is."""
        stem = name.rpartition("__")[0] or name
        return told(self.words.get(name) or self.words.get(stem) or Text(name, name))

    def value(self, name: str, value: object) -> str:
        """A figure with its unit, or codes as words."""
        from qiantang.cli.words import in_words

        kind = self.kinds.get(name)
        if kind is None or not kind.is_number:
            return told(in_words(str(value), self.words))
        return figure(Decimal(str(value)), kind.unit, preferred_lang())


def _draw_history(screen: Screen, process: Process, events: list[CaseEvent]) -> None:
    from qiantang.kernel.actions.cases import EVENT_TITLES

    titles = {e.name: e.title for e in process.events} | dict(EVENT_TITLES)
    screen.heading(said("经过", "History"))
    screen.table([said("日期", "day"), said("事项", "event"), said("其后状态", "state after"), said("责任方", "owner"),
                  said("期限", "due"), said("经办", "by")],
                 [[str(e.day), titles[e.event], process.state(e.to_state).title, "" if e.owner is None else process.role_title(e.owner.role),
                   "" if e.due is None else e.due.said, e.actor] for e in events], indent=2)


def _draw_steps(screen: Screen, case: Case, process: Process, day: date) -> None:
    if not case.is_open:
        return
    screen.heading(said("可以办理的下一步", "Steps open to it"))
    for step in process.steps_from(case.state):
        event = process.event(step.event)
        fields = "".join(f" --field {n.name}={_example(n, day)}" for n in event.needs if not n.optional)
        who = said("、", ", ").join(told(process.role_title(role)) for role in step.may)
        screen.command(f"qiantang cases do {case.id} {event.name}{fields}",
                       said(f"{event.title.zh}（{who}）→ {process.state(step.next_state).title.zh}",
                            f"{event.title.en} (by: {who}) → {process.state(step.next_state).title.en}"))


def _example(need: Need, day: date) -> str:
    if need.choices:
        return need.choices[0].name
    return {"integer": "1", "decimal": "1.5", "day": str(day.replace(year=day.year + 1)), "flag": "true"}.get(str(need.kind), "…")


def _subject(case: Case) -> str:
    name = case.payload.get("name")
    return f"{name} {case.subject}" if name else case.subject


def _owner(process: Process, case: Case) -> str:
    if case.owner is None:
        return ""
    return told(process.role_title(case.owner.role)) + (f" · {case.owner.person}" if case.owner.person else "")


def _due(case: Case, day: date) -> str:
    if case.due is None:
        return ""
    return told(case.due.said) + (said("（逾期）", " (overdue)") if case.overdue_on(day) else "")


def _told(case: Case, process: Process, day: date) -> dict[str, Any]:
    return {
        "id": case.id, "process": case.process, "subject": case.subject, "state": case.state, "state_title": process.state(case.state).title,
        "open": case.is_open, "opened_on": case.opened_on, "closed_on": case.closed_on,
        "owner": None if case.owner is None else {"role": case.owner.role, "title": process.role_title(case.owner.role), "scope": case.owner.scope,
                                                  "person": case.owner.person},
        "due": None if case.due is None else {"day": case.due.day, "why_unknown": case.due.why_unknown}, "overdue": case.overdue_on(day),
        "level": case.level, "basis": case.basis, "last_seen": case.last_seen, "payload": dict(case.payload)}


def _event_told(event: CaseEvent) -> dict[str, Any]:
    return {"day": event.day, "event": event.event, "from": event.from_state, "to": event.to_state, "by": event.actor,
            "owner": None if event.owner is None else event.owner.role, "due": None if event.due is None else event.due.day, "detail": dict(event.detail)}
