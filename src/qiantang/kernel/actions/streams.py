"""Streamed findings are recorded once, a batch with one entry in the audit log; what is amended stays on record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from qiantang.kernel.actions.audit import Act
from qiantang.kernel.actions.ports import StateStore
from qiantang.kernel.errors import ActionError, Fault, raise_all
from qiantang.kernel.findings.stream import StreamedFinding, faults, rival


def record_findings(store: StateStore, findings: Sequence[StreamedFinding], *, at: datetime, actor: str) -> list[StreamedFinding]:
    """The findings of a batch that were not on record yet, all of them or none; a finding is amended only once.

    The entry in the log names their ids, and an id is the hash of its finding, so the log proves their content.
    """
    with store.writing() as writer:
        new = {f.id: f for f in findings if writer.finding(f.id) is None}
        known = dict(new)
        wrong: list[Fault] = []
        amended: set[str] = set()
        for finding in new.values():
            before = writer.finding(finding.amends) if finding.amends and finding.amends not in known else None
            if before is not None:
                known[before.id] = before
            wrong += faults(finding, known)
            if finding.amends and (finding.amends in amended or writer.amendment(finding.amends) is not None):
                wrong.append(rival(finding))
            amended.add(finding.amends)
        raise_all(ActionError, wrong)
        if new:
            entry, = writer.log([Act(at, actor, "findings.streamed", "findings", {"ids": list(new)})])
            writer.add_findings(_amended_first(new), entry.seq)
        return list(new.values())


def _amended_first(new: dict[str, StreamedFinding]) -> list[StreamedFinding]:
    """An amendment after what it amends, for a store that keeps the reference."""
    ordered: dict[str, StreamedFinding] = {}
    for finding in new.values():
        chain = [finding]
        while chain[-1].amends in new and chain[-1].amends not in ordered:
            chain.append(new[chain[-1].amends])
        ordered |= {f.id: f for f in reversed(chain)}
    return list(ordered.values())
