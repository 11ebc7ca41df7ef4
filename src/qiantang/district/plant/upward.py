"""What a plant publishes upward: the findings and figures on its own list, over the district's broker, until the district has them.

A wire among the node's others that brings nothing. What is to be said is read from what the node has put on record, in a thread of its
own, so that it holds up neither log nor charts. One message is under way at a time and is said again until its receipt comes; meanwhile
all else waits on record, on the disk, however long that takes. Where the record was read up to is kept in ``upward.json``.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from qiantang.district.plant.folder import STATE, PlantFolder
from qiantang.district.plant.notices import told
from qiantang.district.plant.publishing import published, rows_kept
from qiantang.district.plant.upward_messages import FIGURES as FIGURES_TOPIC
from qiantang.district.plant.upward_messages import FINDINGS as FINDINGS_TOPIC
from qiantang.district.plant.upward_messages import (
    RECEIPTS,
    RULEBOOK,
    UNREADABLE,
    Figures,
    Findings,
    Receipt,
    read_receipt,
    state,
    topic,
)
from qiantang.district.plant.upward_messages import STATE as STATE_TOPIC
from qiantang.district.plant.upward_section import UpwardSection
from qiantang.domains.factory.alarms.finding import RULEBOOK as OF_CHARTS
from qiantang.kernel.actions.ports import StateStore
from qiantang.kernel.errors import SubjectError
from qiantang.kernel.findings.stream import StreamedFinding, streamed
from qiantang.kernel.wires import Counters, Receiver
from qiantang.links.messages import Listening, Messages, Publication, Said, now_us
from qiantang.links.mqtt import MqttWire

_KEPT, _ROWS = "upward.json", "published-upward.json"
_ENTRIES, _MOST_A_MESSAGE = 20, 50
"""So many entries of the record are read at once, and so many findings go into a message."""
_LOOK_S, _BEGINNING_S = 1.0, 5.0
_ANSWER_S, _LONGEST_PAUSE_S = 5.0, 30.0
"""So long a receipt is waited for; pauses before a message is said again grow up to this."""


@dataclass(frozen=True, slots=True)
class _Portion:
    """A message to be said, and what is over with once it has its receipt: the record up to an entry, rows of days by their digests."""

    what: str
    payload: bytes
    number: int
    seq: int | None = None
    days: Mapping[str, str] = field(default_factory=dict)


class Voice(Listening):
    """The plant's end as a translator: it says that the plant is there, and hears receipts."""

    subscriptions: tuple[tuple[str, int], ...]

    def __init__(self, plant: str, counters: Counters) -> None:
        self.counters = counters
        self.subscriptions = ((topic(plant, RECEIPTS), 1),)
        self._plant = plant
        self._awaited: tuple[int, asyncio.Future[Receipt]] | None = None

    def awaiting(self, number: int) -> asyncio.Future[Receipt]:
        """The receipt of a message, once it comes."""
        waiting: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._awaited = number, waiting
        return waiting

    def will(self, now: int) -> Publication | None:
        """That the plant is gone."""
        return self._state(now, online=False)

    def connected(self, now: int) -> Said:
        """That it is there."""
        return Said(publications=(self._state(now, online=True),))

    def farewell(self, now: int) -> tuple[Publication, ...]:
        """That it leaves."""
        return (self._state(now, online=False),)

    def tick(self, now: int) -> Said:
        """Nothing by itself."""
        return Said()

    def feed(self, batch: Messages) -> Said:
        """Receipts came."""
        for payload in batch.payloads:
            try:
                receipt = read_receipt(payload)
            except UNREADABLE:
                self.counters.add("garbled")
                continue
            if self._awaited is not None and self._awaited[0] == receipt.number and not self._awaited[1].done():
                self._awaited[1].set_result(receipt)
        return Said()

    def _state(self, now: int, *, online: bool) -> Publication:
        return Publication(topic(self._plant, STATE_TOPIC), state(online, now), 1, True)


class Upward:
    """The wire to the district's broker. ``folder`` is the plant's, with the node's record in it; what is on record before the first
    start with a list stays in the plant."""

    def __init__(self, section: UpwardSection, folder: PlantFolder) -> None:
        self.counters = Counters()
        self._section, self._folder, self._plant = section, folder, folder.name
        self._store: StateStore | None = None
        self._kept = _Kept(folder)
        self._silent_since: float | None = None
        self._all_said_at = 0

    async def run(self, receiver: Receiver) -> None:
        """Publish until cancelled."""
        voice = Voice(self._plant, self.counters)
        wire = MqttWire(voice, self._section.settings())
        await asyncio.to_thread(self._open)
        tasks = [asyncio.create_task(work) for work in (wire.run(receiver), self._reckon(), self._talk(voice, wire, receiver))]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._store is not None:
                self._store.close()

    def _open(self) -> None:
        from qiantang.stores import open_store

        self._store = open_store(self._folder.path / STATE)
        if self._kept.seq < 0:
            with self._store.reading() as reader:
                self._kept.past(reader.head().seq)

    # --- what is to be said ---

    async def _reckon(self) -> None:
        """Bring the day's row up to date, so often as the section says, whether or not the district hears."""
        columns = self._section.allowed.columns
        while columns:
            pause: float = self._section.every_s
            try:
                await asyncio.to_thread(published, self._folder, self._section.uscc, sorted(columns), _ROWS)
            except SubjectError:
                # The node has just begun and told nothing yet.
                pause = min(pause, _BEGINNING_S)
            await asyncio.sleep(pause)

    def _next(self) -> list[_Portion]:
        """What is to be said next; nothing where all is said."""
        return self._next_row() or self._next_findings()

    def _next_row(self) -> list[_Portion]:
        for row in self._unsaid_rows():
            allowed = self._section.allowed.figures(row)
            message = Figures(self._kept.number(), self._section.uscc, {name: row[name] for name in row if name in allowed}, {})
            return [_Portion(FIGURES_TOPIC, message.payload(), message.number, days={str(row["on"]): _digest(allowed)})]
        return []

    def _unsaid_rows(self) -> list[dict[str, Any]]:
        """The rows that differ from what has its receipt; where nobody brought any up to date since all were said they are not looked at."""
        path = self._folder.path / _ROWS
        if not self._section.allowed.columns or not path.is_file() or (written := path.stat().st_mtime_ns) == self._all_said_at:
            return []
        rows = [row | {"uscc": self._section.uscc} for row in rows_kept(self._folder, _ROWS)]
        unsaid = [row for row in rows if self._kept.days.get(str(row["on"])) != _digest(self._section.allowed.figures(row))]
        if not unsaid:
            self._all_said_at = written
        return unsaid

    def _next_findings(self) -> list[_Portion]:
        assert self._store is not None
        while True:
            with self._store.reading() as reader:
                found = reader.findings_after(self._kept.seq, _ENTRIES)
                told_: dict[str, StreamedFinding] = {}
                for _, finding in found:
                    for one in self._let_out(finding, reader.finding):
                        told_[one.id] = one
            if not found:
                return []
            seq, every = found[-1][0], list(told_.values())
            if every:
                break
            self._kept.past(seq)
        messages = [Findings(self._kept.number(), self._section.uscc, tuple(every[at:at + _MOST_A_MESSAGE])) for at in range(0, len(every), _MOST_A_MESSAGE)]
        return [_Portion(FINDINGS_TOPIC, one.payload(), one.number, seq if one is messages[-1] else None) for one in messages]

    def _let_out(self, finding: StreamedFinding, before: Callable[[str], StreamedFinding | None]) -> list[StreamedFinding]:
        """What is let out of a finding, after what is let out of those it amends; nothing where its rule is not on the list."""
        allowed = self._section.allowed
        if finding.rulebook != OF_CHARTS or not allowed.tells_of(finding.values.get("rule")):
            self.counters.add("held_back")
            return []
        chain = [finding]
        while chain[-1].amends:
            earlier = before(chain[-1].amends)
            assert earlier is not None, "the record keeps what is amended"
            chain.append(earlier)
        said: list[StreamedFinding] = []
        for one in reversed(chain):
            values = allowed.values(one.values) | {"of": one.id}
            said.append(streamed(RULEBOOK, self._plant, one.at, one.outcome, values, said[-1] if said else None))
        return said

    # --- saying it ---

    async def _talk(self, voice: Voice, wire: MqttWire, receiver: Receiver) -> None:
        while True:
            portions = await asyncio.to_thread(self._next)
            for portion in portions:
                receipt = await self._answered(portion, voice, wire, receiver)
                self.counters.add(portion.what, receipt.kept)
                if receipt.aside:
                    self.counters.add("aside", receipt.aside)
                    receiver.notice(told("upward_aside", self._plant, now_us(), receipt.aside, n=receipt.aside, why=receipt.why or ""))
                await asyncio.to_thread(self._kept.said, portion)
            if not portions:
                await asyncio.sleep(_LOOK_S)

    async def _answered(self, portion: _Portion, voice: Voice, wire: MqttWire, receiver: Receiver) -> Receipt:
        """Say a message until its receipt comes."""
        waiting, pause, began = voice.awaiting(portion.number), _ANSWER_S, time.monotonic()
        publication = Publication(topic(self._plant, portion.what), portion.payload, 1)
        said_before = False
        while True:
            if wire.connected and wire.publish([publication]):
                if said_before:
                    self.counters.add("again")
                said_before = True
            else:
                pause = _LOOK_S
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    receipt = await asyncio.shield(waiting)
                    self._heard_again(receiver)
                    return receipt
            pause = min(max(2 * pause, _ANSWER_S), _LONGEST_PAUSE_S) if wire.connected else _LOOK_S
            if time.monotonic() - began >= _ANSWER_S and self._silent_since is None:
                self._silent_since = began
                waits, days = await asyncio.to_thread(self._waits)
                receiver.notice(told("upward_unanswered", self._plant, now_us(), n=waits, days=days))

    def _heard_again(self, receiver: Receiver) -> None:
        if self._silent_since is not None:
            receiver.notice(told("upward_answered", self._plant, now_us(), seconds=round(time.monotonic() - self._silent_since)))
            self._silent_since = None

    def _waits(self) -> tuple[int, int]:
        """Findings on record that the district was not offered yet, listed or not, and rows of days."""
        assert self._store is not None
        with self._store.reading() as reader:
            return reader.count_findings_after(self._kept.seq), len(self._unsaid_rows())


@dataclass(slots=True)
class _Kept:
    """What has its receipt: up to which entry of the record (-1: never begun), and each day's row by its digest; the last number given."""

    folder: PlantFolder
    seq: int = -1
    days: dict[str, str] = field(default_factory=dict)
    _number: int = 0

    def __post_init__(self) -> None:
        path = self.folder.path / _KEPT
        if path.is_file():
            kept = json.loads(path.read_bytes())
            self.seq, self.days, self._number = int(kept["seq"]), dict(kept["days"]), int(kept["number"])

    def number(self) -> int:
        """The number of a new message: it grows, also over a restart and with a clock that was set back."""
        self._number = max(self._number + 1, now_us())
        self._write()
        return self._number

    def past(self, seq: int) -> None:
        """Nothing up to this entry is to be said."""
        self.seq = seq
        self._write()

    def said(self, portion: _Portion) -> None:
        """A message has its receipt."""
        self.seq = self.seq if portion.seq is None else portion.seq
        self.days |= portion.days
        self._write()

    def _write(self) -> None:
        self.folder.keep(_KEPT, {"seq": self.seq, "days": self.days, "number": self._number})


def _digest(row: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(row, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]
