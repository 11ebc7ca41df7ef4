"""The audit log is a chain: every entry carries the hash of the one before, so no past entry can change unnoticed.

An entry's hash is the SHA-256 of the previous hash, a line break, and the entry's canonical JSON (keys sorted, no
spaces, UTF-8; the detail is itself canonical JSON, kept as text). Anyone can check the log with these two sentences.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from qiantang.kernel.actions.plain import Plain, canonical, read_mapping, written_instant
from qiantang.kernel.words import Text

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a chain. Printed in a notice or kept elsewhere, it anchors everything before it."""

    seq: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be logged: who did what to which subject, and when; the log itself adds number and hash."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One link, kept exactly as it was hashed: ``at`` and ``detail`` are the text that went into the hash."""

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    detail: str
    previous: str
    hash: str

    @property
    def head(self) -> Head:
        """This entry as the end of a chain."""
        return Head(self.seq, self.hash)

    def hashed(self) -> str:
        """The hash this entry ought to carry."""
        return _hash(self.previous, self.seq, self.at, self.actor, self.action, self.subject, self.detail)

    def told(self) -> dict[str, Plain]:
        """The detail, read."""
        return read_mapping(self.detail)


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """The first entry that does not follow from the one before, and what is wrong with it."""

    seq: int
    why: Text


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """How far a chain is whole: the entries that hold, the last of them, and the first that does not, if any."""

    count: int
    head: Head
    broken: BrokenLink | None = None

    @property
    def whole(self) -> bool:
        """Whether every link holds."""
        return self.broken is None


def chained(head: Head, acts: Iterable[Act]) -> list[AuditEntry]:
    """The entries that continue a chain, in order."""
    entries: list[AuditEntry] = []
    for act in acts:
        seq, at, detail = head.seq + 1, written_instant(act.at), canonical(act.detail)
        made = _hash(head.hash, seq, at, act.actor, act.action, act.subject, detail)
        entries.append(AuditEntry(seq, at, act.actor, act.action, act.subject, detail, head.hash, made))
        head = Head(seq, made)
    return entries


def verify(entries: Iterable[AuditEntry], anchor: Head | None = None) -> ChainCheck:
    """Walk the whole chain from its first entry and stop at the first broken link.

    A chain cut off at its end is whole in itself; give an ``anchor`` noted earlier and the cut is found too.
    """
    head, count = Head(), 0
    for entry in entries:
        why = _why_broken(head, entry)
        if why is None and anchor is not None and anchor.seq == entry.seq and anchor.hash != entry.hash:
            why = Text("与此前留存的校验值不符", "it differs from the hash that was noted earlier")
        if why is not None:
            return ChainCheck(count, head, BrokenLink(entry.seq, why))
        head, count = entry.head, count + 1
    if anchor is not None and anchor.seq > head.seq:
        cut = Text("日志应至少有 {n} 条，此后被截断", "the log is cut off: it had at least {n} entries").filled(
            n=anchor.seq)
        return ChainCheck(count, head, BrokenLink(head.seq + 1, cut))
    return ChainCheck(count, head)


def _why_broken(head: Head, entry: AuditEntry) -> Text | None:
    if entry.seq != head.seq + 1:
        return Text("序号不连续，前一条是 {n}", "its number does not follow {n}").filled(n=head.seq)
    if entry.previous != head.hash:
        return Text("所载的前一条哈希值不符", "the previous hash it carries is not that of the entry before")
    if entry.hash != entry.hashed():
        return Text("内容与其哈希值不符", "its content does not give its hash")
    return None


def _hash(previous: str, seq: int, at: str, actor: str, action: str, subject: str, detail: str) -> str:
    entry = canonical({"seq": seq, "at": at, "actor": actor, "action": action, "subject": subject, "detail": detail})
    return hashlib.sha256(f"{previous}\n{entry}".encode()).hexdigest()
