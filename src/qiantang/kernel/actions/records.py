"""Runs and corrections are recorded once, each with its entry in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qiantang.kernel.actions.audit import Act
from qiantang.kernel.actions.corrections import Correction
from qiantang.kernel.actions.ports import StateStore
from qiantang.kernel.actions.runs import RunRecord
from qiantang.kernel.errors import ActionError, Fault, Place, raise_all
from qiantang.kernel.words import Text


def record_run(store: StateStore, run: RunRecord, *, actor: str) -> RunRecord:
    """The run as the index keeps it; a re-run with the same key is the run already there.

    A re-run whose rulebook, dates or counts differ is refused: the same key must mean the same answer.
    """
    with store.writing() as writer:
        before = writer.run(run.key)
        if before is not None:
            if _answer(before) != _answer(run):
                raise ActionError(Fault(
                    Text("运行 {key} 再次执行，结果却与已存的不同。",
                         "run {key} was made again and gave another answer.").filled(key=run.key),
                    Place(file=before.path), run.key, "same-key-same-answer",
                    Text("事实若有更改，请用新的获知日期；否则请核对规则库与引擎版本。",
                         "If facts changed, give the day they became known; else check rulebook and engine versions.")))
            return before
        told = {"rulebook": run.rulebook, "version": run.version, "law_date": run.law_date, "known_at": run.known_at,
                "period": run.period, "engine": run.engine, "counts": dict(run.counts)}
        entry, = writer.log([Act(run.created_at, actor, "run.recorded", f"run:{run.key}", told)])
        writer.add_run(run, entry.seq)
        return run


def record_corrections(store: StateStore, corrections: Sequence[Correction]) -> list[Correction]:
    """The corrections with their numbers, all of them or none; the old value must be the newest one on record."""
    with store.writing() as writer:
        newest = {(one.table, one.key, one.column): one.new for table in {one.table for one in corrections}
                  for one in writer.corrections(table)}
        faults: list[Fault] = []
        for one in corrections:
            cell = (one.table, one.key, one.column)
            faults += _faults(one)
            if cell in newest and newest[cell] != one.old:
                faults.append(_fault(
                    one, "newest-value",
                    Text("此值已更正为 {new}。", "this value was already corrected to {new}.").filled(new=newest[cell]),
                    Text("请在最新值上更正。", "Correct the newest value.")))
            newest[cell] = one.new
        raise_all(ActionError, faults)
        entries = writer.log([Act(one.at, one.actor, "fact.corrected", f"fact:{one.table}/{one.key}", _told(one))
                              for one in corrections])
        numbered = [replace(one, number=entry.seq) for one, entry in zip(corrections, entries, strict=True)]
        for one in numbered:
            writer.add_correction(one)
        return numbered


def _answer(run: RunRecord) -> tuple[object, ...]:
    return (run.rulebook, run.version, run.law_date, run.known_at, run.period, dict(run.counts))


def _told(one: Correction) -> dict[str, object]:
    told: dict[str, object] = {"column": one.column, "evidence": one.evidence, "personal": one.personal}
    return told if one.personal else {**told, "old": one.old, "new": one.new}


def _faults(one: Correction) -> list[Fault]:
    faults: list[Fault] = []
    if not one.evidence.strip():
        faults.append(_fault(
            one, "evidence-given", Text("更正没有依据。", "the correction has no evidence."),
            Text("请写明凭证，如文号、票据号。", "Name what proves it, such as a document or receipt.")))
    if one.old == one.new:
        faults.append(_fault(
            one, "value-changes",
            Text("新旧值相同：{new}。", "old and new value are the same: {new}.").filled(new=one.new),
            Text("无须更正。", "There is nothing to correct.")))
    return faults


def _fault(one: Correction, rule: str, message: Text, remedy: Text) -> Fault:
    return Fault(message, Place(file=one.table, column=one.column, path=one.key), one.new, rule, remedy)
