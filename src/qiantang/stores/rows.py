"""How cases, events, entries and the rest become rows of the store's tables, and rows become them again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from qiantang.kernel.actions.accounts import Movement, Way
from qiantang.kernel.actions.audit import AuditEntry
from qiantang.kernel.actions.cases import Basis, Case, CaseEvent, LastSeen, Owner
from qiantang.kernel.actions.corrections import Correction
from qiantang.kernel.actions.deadlines import Deadline
from qiantang.kernel.actions.messages import Delivery, DeliveryState, Message, MessageState
from qiantang.kernel.actions.plain import canonical, read_instant, read_mapping, written_instant
from qiantang.kernel.actions.runs import RunRecord
from qiantang.kernel.findings.stream import StreamedFinding, read_values, written_values
from qiantang.kernel.words import Text

Row = Mapping[str, Any]
Cells = dict[str, object]


def entry_cells(entry: AuditEntry) -> Cells:
    """An audit entry as cells."""
    return {"seq": entry.seq, "at": entry.at, "actor": entry.actor, "action": entry.action, "subject": entry.subject,
            "detail": entry.detail, "previous": entry.previous, "hash": entry.hash}


def entry_from(row: Row) -> AuditEntry:
    """A row as an audit entry."""
    return AuditEntry(row["seq"], row["at"], row["actor"], row["action"], row["subject"], row["detail"],
                      row["previous"], row["hash"])


def case_cells(case: Case) -> Cells:
    """A case as cells; year and place in it are read from its number."""
    _, year, number = case.id.rsplit("-", 2)
    return {
        "id": case.id, "process": case.process, "year": int(year), "number": int(number), "subject": case.subject,
        "opened_on": case.opened_on, "state": case.state, "counted_from": case.counted_from,
        "last_event_on": case.last_event_on, "scope": case.scope, "level": case.level,
        **_owner_cells(case.owner), **_due_cells(case.due), "rulebook": case.basis.rulebook, "run": case.basis.run,
        "outcome": case.basis.outcome, "seen_run": case.last_seen.run, "seen_outcome": case.last_seen.outcome,
        "seen_holds": case.last_seen.holds, "payload": canonical(case.payload), "closed_on": case.closed_on}


def case_from(row: Row) -> Case:
    """A row as a case."""
    return Case(
        id=row["id"], process=row["process"], subject=row["subject"], opened_on=row["opened_on"], state=row["state"],
        counted_from=row["counted_from"], last_event_on=row["last_event_on"], scope=row["scope"],
        basis=Basis(row["rulebook"], row["run"], row["outcome"]),
        last_seen=LastSeen(row["seen_run"], row["seen_outcome"], row["seen_holds"]), owner=_owner_from(row),
        due=_due_from(row), level=row["level"], closed_on=row["closed_on"], payload=read_mapping(row["payload"]))


def event_cells(event: CaseEvent) -> Cells:
    """A case's event as cells."""
    return {
        "seq": event.seq, "case_id": event.case, "process": event.process, "at": written_instant(event.at),
        "day": event.day, "actor": event.actor, "event": event.event, "from_state": event.from_state,
        "to_state": event.to_state, **_owner_cells(event.owner), **_due_cells(event.due),
        "detail": canonical(event.detail)}


def event_from(row: Row) -> CaseEvent:
    """A row as a case's event."""
    return CaseEvent(
        case=row["case_id"], process=row["process"], at=read_instant(row["at"]), day=row["day"], actor=row["actor"],
        event=row["event"], from_state=row["from_state"], to_state=row["to_state"], owner=_owner_from(row),
        due=_due_from(row), detail=read_mapping(row["detail"]), seq=row["seq"])


def movement_cells(movement: Movement, seq: int) -> Cells:
    """A movement as cells."""
    return {"seq": seq, "account_id": movement.account, "reference": movement.reference, "way": movement.way.value,
            "amount": movement.amount, "balance": movement.balance}


def movement_from(row: Row) -> Movement:
    """A row as a movement."""
    return Movement(row["account_id"], row["reference"], Way(row["way"]), row["amount"], row["balance"])


def run_cells(run: RunRecord, seq: int) -> Cells:
    """A run as cells."""
    return {"key": run.key, "seq": seq, "rulebook": run.rulebook, "version": run.version, "law_date": run.law_date,
            "known_at": run.known_at, "period": run.period, "engine": run.engine,
            "created_at": written_instant(run.created_at), "path": run.path, "counts": canonical(run.counts)}


def run_from(row: Row) -> RunRecord:
    """A row as a run."""
    counts: dict[str, int] = json.loads(row["counts"])
    return RunRecord(row["key"], row["rulebook"], row["version"], row["law_date"], row["known_at"], row["period"],
                     row["engine"], read_instant(row["created_at"]), row["path"], counts)


def correction_cells(correction: Correction) -> Cells:
    """A correction as cells."""
    return {"number": correction.number, "table_name": correction.table, "row_key": correction.key,
            "column_name": correction.column, "old": canonical(correction.old), "new": canonical(correction.new),
            "evidence": correction.evidence, "actor": correction.actor, "at": written_instant(correction.at),
            "personal": correction.personal}


def correction_from(row: Row) -> Correction:
    """A row as a correction."""
    return Correction(row["table_name"], row["row_key"], row["column_name"], json.loads(row["old"]),
                      json.loads(row["new"]), row["evidence"], row["actor"], read_instant(row["at"]),
                      row["personal"], row["number"])


def finding_cells(finding: StreamedFinding, seq: int) -> Cells:
    """A streamed finding as cells."""
    return {"id": finding.id, "seq": seq, "rulebook": finding.rulebook, "subject": finding.subject, "at": written_instant(finding.at),
            "outcome": finding.outcome, "values_told": written_values(finding.values), "amends": finding.amends or None}


def finding_from(row: Row) -> StreamedFinding:
    """A row as a streamed finding."""
    return StreamedFinding(row["id"], row["rulebook"], row["subject"], read_instant(row["at"]), row["outcome"],
                           read_values(row["values_told"]), row["amends"] or "")


def message_cells(message: Message) -> Cells:
    """A new message as cells; the store numbers it."""
    return {"cause": message.cause, "at": written_instant(message.at), "event": message.event, "process": message.process,
            "subject": message.subject, "role": message.role, "scope": message.scope, "person": message.person, "due_on": message.due,
            "urgent": message.urgent, "detail": canonical(message.detail), "state": str(MessageState.NEW)}


def message_from(row: Row) -> Message:
    """A row as a message."""
    return Message(row["cause"], read_instant(row["at"]), row["event"], row["process"], row["subject"], row["role"], row["scope"], row["person"],
                   row["due_on"], row["urgent"], read_mapping(row["detail"]), row["number"])


def delivery_cells(delivery: Delivery) -> Cells:
    """A new delivery as cells; the store numbers it."""
    return {"key": delivery.key, "link": delivery.link, "address": delivery.address, "title": delivery.title, "body": delivery.body,
            "messages": canonical(list(delivery.messages)), "planned_at": written_instant(delivery.planned_at),
            "not_before": written_instant(delivery.not_before), "state": str(delivery.state), "attempts": delivery.attempts, "claim": delivery.claim,
            "claimed_until": None, "ended_at": None, "told": delivery.told}


def delivery_from(row: Row) -> Delivery:
    """A row as a delivery."""
    until, ended = row["claimed_until"], row["ended_at"]
    return Delivery(row["key"], row["link"], row["address"], row["title"], row["body"], tuple(json.loads(row["messages"])),
                    read_instant(row["planned_at"]), read_instant(row["not_before"]), DeliveryState(row["state"]), row["attempts"], row["claim"],
                    None if until is None else read_instant(until), None if ended is None else read_instant(ended), row["told"], row["number"])


def _owner_cells(owner: Owner | None) -> Cells:
    return {"owner_role": owner and owner.role, "owner_scope": owner and owner.scope,
            "owner_person": owner and owner.person}


def _owner_from(row: Row) -> Owner | None:
    return None if row["owner_role"] is None else Owner(row["owner_role"], row["owner_scope"], row["owner_person"])


def _due_cells(due: Deadline | None) -> Cells:
    why = due.why_unknown if due else None
    return {"due_on": due and due.day, "due_unknown_zh": why and why.zh, "due_unknown_en": why and why.en}


def _due_from(row: Row) -> Deadline | None:
    if row["due_on"] is not None:
        return Deadline(row["due_on"])
    if row["due_unknown_en"] is not None:
        return Deadline(None, Text(row["due_unknown_zh"], row["due_unknown_en"]))
    return None
