"""The desk where cases are opened on findings, moved by people and chased by time, each step logged with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from qiantang.kernel.actions.audit import Act
from qiantang.kernel.actions.cases import (
    Actor,
    Case,
    CaseEvent,
    CaseFinding,
    Moved,
    assigned,
    chased,
    opened,
    reviewed,
    stepped,
)
from qiantang.kernel.actions.ports import CaseQuery, StateStore, StateWriter
from qiantang.kernel.actions.processes import Process
from qiantang.kernel.errors import ActionError, Fault, Place, SubjectError, raise_all
from qiantang.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Applied:
    """What a run did to the cases of a process.

    ``kept`` are open cases whose finding still says the same; ``changed`` those where it says something else now;
    ``unexamined`` open cases whose subject the run does not mention.
    """

    opened: tuple[Case, ...]
    kept: tuple[str, ...]
    changed: tuple[str, ...]
    unexamined: tuple[str, ...]


def case_subject(case_id: str) -> str:
    """What the audit log calls a case."""
    return f"case:{case_id}"


class CaseDesk:
    """Everything one does with cases, over one store and the processes of this district."""

    def __init__(self, store: StateStore, processes: Iterable[Process]) -> None:
        self._store = store
        self._processes = {process.name: process for process in processes}

    def process(self, name: str) -> Process:
        """The process of this name."""
        found = self._processes.get(name)
        if found is None:
            raise SubjectError(Fault(
                Text("没有名为“{name}”的流程。", "there is no process “{name}”.").filled(name=name), value=name,
                rule="known-process",
                remedy=Text("可用的有：{names}。", "There are: {names}.").filled(
                    names=", ".join(sorted(self._processes)))))
        return found

    def apply(self, process: str, findings: Sequence[CaseFinding], *, rulebook: str, run: str, day: date,
              at: datetime, actor: Actor) -> Applied:
        """Open a case for every finding that holds, one open case a subject, and tell the open ones what changed.

        An open case that stands on another rulebook's finding is kept as it is: this run cannot speak for that one.
        Applying the same run again changes nothing. Cases are numbered in the order of their subjects.
        """
        table = self.process(process)
        raise_all(ActionError, _doubled(findings))
        with self._store.writing() as writer:
            standing = {case.subject: case for case in writer.cases(CaseQuery(process=process))}
            done = writer.subjects_with_case(process, rulebook, run)
            number = writer.last_number(process, day.year)
            new: list[Moved] = []
            changes: list[Moved] = []
            kept: list[str] = []
            for finding in sorted(findings, key=lambda one: one.subject):
                case = standing.pop(finding.subject, None)
                if case is not None and case.basis.rulebook != rulebook:
                    kept.append(case.id)
                elif case is not None:
                    change = reviewed(case, run, finding.outcome, finding.holds, day=day, at=at, actor=actor)
                    if change is None:
                        kept.append(case.id)
                    else:
                        changes.append(change)
                elif finding.holds and finding.subject not in done:
                    number += 1
                    new.append(opened(table, number, finding, rulebook=rulebook, run=run, day=day, at=at, actor=actor))
            writer.add_cases([move.case for move in new])
            writer.change_cases([move.case for move in changes])
            _record(writer, [*new, *changes])
        return Applied(tuple(move.case for move in new), tuple(kept), tuple(move.case.id for move in changes),
                       tuple(case.id for case in standing.values()))

    def step(self, case_id: str, event: str, payload: Mapping[str, object] | None = None, *, day: date, at: datetime,
             actor: Actor) -> Case:
        """Raise an event on a case."""
        with self._store.writing() as writer:
            case = found_case(writer.case(case_id), case_id)
            move = stepped(self.process(case.process), case, event, payload or {}, day=day, at=at, actor=actor)
            return _carried_out(writer, [move])

    def assign(self, case_id: str, person: str, *, day: date, at: datetime, actor: Actor) -> Case:
        """Name the person who handles a case."""
        with self._store.writing() as writer:
            case = found_case(writer.case(case_id), case_id)
            move = assigned(self.process(case.process), case, person, day=day, at=at, actor=actor)
            return _carried_out(writer, [move])

    def chase(self, *, day: date, at: datetime, actor: Actor) -> tuple[Case, ...]:
        """Escalate every overdue case by its table, and fill in deadlines that have become known; those touched."""
        with self._store.writing() as writer:
            touched: list[Case] = []
            for name, process in self._processes.items():
                late = {case.id: case for query in (CaseQuery(process=name, overdue_on=day),
                                                    CaseQuery(process=name, deadline_unknown=True))
                        for case in writer.cases(query)}
                moves = [chased(process, case, day=day, at=at, actor=actor) for case in late.values()]
                touched += [steps[-1].case for steps in moves if steps]
                writer.change_cases([steps[-1].case for steps in moves if steps])
                _record(writer, [move for steps in moves for move in steps])
        return tuple(touched)

    def case(self, case_id: str) -> Case:
        """The case of this number."""
        with self._store.reading() as reader:
            return found_case(reader.case(case_id), case_id)

    def cases(self, query: CaseQuery) -> list[Case]:
        """Cases by number."""
        with self._store.reading() as reader:
            return reader.cases(query)

    def history(self, case_id: str) -> list[CaseEvent]:
        """Everything that happened to a case, oldest first."""
        with self._store.reading() as reader:
            found_case(reader.case(case_id), case_id)
            return reader.case_events(case_id)


def _carried_out(writer: StateWriter, moves: Sequence[Moved]) -> Case:
    writer.change_cases([moves[-1].case])
    _record(writer, moves)
    return moves[-1].case


def _record(writer: StateWriter, moves: Sequence[Moved]) -> None:
    events = [move.event for move in moves]
    entries = writer.log([Act(event.at, event.actor, f"case.{event.event}", case_subject(event.case), event.told())
                          for event in events])
    writer.add_events([replace(event, seq=entry.seq) for event, entry in zip(events, entries, strict=True)])


def found_case(case: Case | None, case_id: str) -> Case:
    """The case, or an error that says there is none of this number."""
    if case is None:
        raise SubjectError(Fault(
            Text("没有案号为 {id} 的案件。", "there is no case {id}.").filled(id=case_id),
            Place(path=case_id), case_id, "known-case",
            Text("用 qiantang cases 查看全部案号。", "List the numbers with: qiantang cases.")))
    return case


def _doubled(findings: Iterable[CaseFinding]) -> list[Fault]:
    times = Counter(finding.subject for finding in findings)
    return [Fault(Text("同一次评价对 {subject} 给出了 {n} 个结论。", "one run says {n} things of {subject}.").filled(
                      subject=subject, n=n), Place(path=subject), n, "one-finding-a-subject",
                  Text("每个对象每次只能有一个结论。", "Give one finding for each subject."))
            for subject, n in times.items() if n > 1]
