"""Findings that arrive as a stream: each stays as it was said, and a later one may amend it but never replace it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from qiantang.kernel.errors import ActionError, Fault, Place, raise_all
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.words import Text


@dataclass(frozen=True, slots=True)
class StreamedFinding:
    """What a rulebook said of one subject at one instant; ``outcome`` None is unknown.

    ``values`` are stored values by column. ``amends`` is the id of the finding that this one corrects, empty for a
    first one. ``id`` is the hash of all the rest: the same finding, arriving twice, is one.
    """

    id: str
    rulebook: str
    subject: str
    at: datetime
    outcome: str | None
    values: Mapping[str, Stored]
    amends: str = ""


@dataclass(frozen=True, slots=True)
class Current:
    """What holds after all amendments, oldest first, and for the id of each how it came to be, oldest first."""

    latest: tuple[StreamedFinding, ...]
    history: Mapping[str, tuple[StreamedFinding, ...]]


def streamed(rulebook: str, subject: str, at: datetime, outcome: str | None, values: Mapping[str, Stored],
             amends: StreamedFinding | None = None) -> StreamedFinding:
    """A finding with its id; as an amendment it speaks of the same subject, by the same rulebook."""
    amended = "" if amends is None else amends.id
    return StreamedFinding(_hash(rulebook, subject, at, outcome, values, amended), rulebook, subject, at, outcome, dict(values), amended)


def current(findings: Iterable[StreamedFinding], until: datetime | None = None) -> Current:
    """What the findings said ``until`` an instant (None: all of them) amount to, in whatever order they arrive.

    ActionError tells together every finding that is not what its id says, and every amendment that cannot stand.
    """
    by_id = {f.id: f for f in findings if until is None or f.at <= until}
    raise_all(ActionError, [fault for f in by_id.values() for fault in faults(f, by_id)] + _rivals(by_id.values()))
    amended = {f.amends for f in by_id.values()}
    latest = sorted((f for f in by_id.values() if f.id not in amended), key=lambda f: (f.at, f.id))
    return Current(tuple(latest), {f.id: _chain(f, by_id) for f in latest})


def faults(finding: StreamedFinding, known: Mapping[str, StreamedFinding]) -> list[Fault]:
    """What is wrong with one finding, beside those already known by their ids."""
    of = _hash(finding.rulebook, finding.subject, finding.at, finding.outcome, finding.values, finding.amends)
    found = []
    if of != finding.id:
        found.append(_fault(finding, "finding-unchanged", Text("内容与其编号不符。", "its content does not give its id."),
                            Text("请核查是谁改动了结论。", "Find out who changed the finding.")))
    if not finding.amends:
        return found
    before = known.get(finding.amends)
    if before is None:
        absent = Text("所修正的结论 {id} 不存在。", "it amends {id}, which is not there.").filled(id=finding.amends)
        found.append(_fault(finding, "amended-known", absent,
                            Text("请先记录被修正的结论。", "Record the finding that it amends first.")))
    elif (before.rulebook, before.subject) != (finding.rulebook, finding.subject):
        other = Text("所修正的结论属于另一对象或另一规则。", "it amends a finding of another subject or rulebook.")
        found.append(_fault(finding, "amended-same", other,
                            Text("请修正同一对象、同一规则的结论。", "Amend a finding of the same subject and rulebook.")))
    elif before.at > finding.at:
        found.append(_fault(finding, "amended-earlier", Text("它早于所修正的结论。", "it is earlier than the finding that it amends."),
                            Text("请核对时刻。", "Check the instants.")))
    return found


def rival(finding: StreamedFinding) -> Fault:
    """That a finding amends what another one has already amended."""
    twice = Text("结论 {id} 已被另一结论修正。", "{id} was already amended by another finding.").filled(id=finding.amends)
    return _fault(finding, "amended-once", twice,
                  Text("请修正最新的结论。", "Amend the latest finding."))


def written_values(values: Mapping[str, Stored]) -> str:
    """Stored values as JSON, in one way only; a day is told apart from a text that looks like one."""
    plain = {name: {"day": value.isoformat()} if isinstance(value, date) else value for name, value in values.items()}
    return json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def read_values(written: str) -> dict[str, Stored]:
    """The values that ``written_values`` wrote."""
    read = json.loads(written)
    return {name: date.fromisoformat(value["day"]) if isinstance(value, dict) else value for name, value in read.items()}


def _rivals(findings: Iterable[StreamedFinding]) -> list[Fault]:
    seen: set[str] = set()
    found = []
    for finding in sorted(findings, key=lambda f: (f.at, f.id)):
        if finding.amends and finding.amends in seen:
            found.append(rival(finding))
        seen.add(finding.amends)
    return found


def _chain(latest: StreamedFinding, by_id: Mapping[str, StreamedFinding]) -> tuple[StreamedFinding, ...]:
    chain = [latest]
    while chain[-1].amends:
        chain.append(by_id[chain[-1].amends])
    return tuple(reversed(chain))


def _hash(rulebook: str, subject: str, at: datetime, outcome: str | None, values: Mapping[str, Stored], amends: str) -> str:
    if at.tzinfo is None:
        raise ActionError(Fault(Text("时刻 {at} 没有时区。", "the instant {at} has no time zone.").filled(at=at.isoformat()),
                                Place(path=subject), at, "utc-instant", Text("请给出 UTC 时刻。", "Give an instant in UTC.")))
    instant = at.astimezone(UTC).isoformat(timespec="microseconds")
    told = json.dumps([rulebook, subject, instant, outcome, written_values(values), amends], ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()


def _fault(finding: StreamedFinding, rule: str, message: Text, remedy: Text) -> Fault:
    named = Text("结论 {id}（{subject}）：", "finding {id} ({subject}): ").filled(id=finding.id[:12], subject=finding.subject)
    return Fault(named + message, Place(path=finding.rulebook), finding.id, rule, remedy)
