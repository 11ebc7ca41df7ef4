"""The postman carries the outbox: claims a letter, hands it to its link, marks what came of it; nothing is sent twice.

The rule: a letter is sent again only where it surely was not taken, or where the far side throws doubles away. What may
have arrived (the process was killed between claim and mark, or the answer never came) is ``uncertain`` and waits for a
person. So every letter goes out at most once by itself, and exactly once as far as the far side deduplicates.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from qiantang.district.reach_settings import Reach
from qiantang.district.reaching import Teller, next_allowed, routed
from qiantang.district.workspace import Workspace
from qiantang.kernel.actions.cases import Actor
from qiantang.kernel.actions.desk import CaseDesk
from qiantang.kernel.actions.messages import Delivery, DeliveryState
from qiantang.kernel.actions.ports import StateStore
from qiantang.kernel.errors import Fault, QiantangError
from qiantang.links.sending import Attempt, Came, Letter
from qiantang.links.sending import Link as Wire
from qiantang.stores.outbox import OutboxStore, Routed

LEASE = timedelta(minutes=10)
"""Longer than any attempt can take; a claim older than this was abandoned."""
MOST_ATTEMPTS = 10
_FIRST_WAIT_S = 30
_LONGEST_WAIT_S = 6 * 3600
_MOST_A_ROUND = 500
_ABANDONED = "发送中断，无法确定是否送达 / interrupted while sending; it may have arrived"


@dataclass(slots=True)
class Round:
    """What one round did: messages routed, letters by the state they came to, cases escalated, and links not ready."""

    routed: int = 0
    escalated: int = 0
    states: dict[str, int] = field(default_factory=dict)
    unready: dict[str, tuple[Fault, ...]] = field(default_factory=dict)

    def count(self, state: DeliveryState) -> None:
        """One letter came to this state."""
        self.states[str(state)] = self.states.get(str(state), 0) + 1


class Postman:
    """One worker; several may run at once, in one process or many, since a letter is claimed by one of them alone."""

    def __init__(self, workspace: Workspace, outbox: OutboxStore, store: StateStore, *, now: Callable[[], datetime] = lambda: datetime.now(UTC),
                 lease: timedelta = LEASE) -> None:
        self._workspace = workspace
        self._outbox = outbox
        self._store = store
        self._now = now
        self._lease = lease
        self._claim = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._chased: date | None = None
        district, processes = workspace.district, {p.name: p for p in workspace.house.processes}
        self._reach: Reach | None = district.reach
        self._teller = Teller(processes, district.name, workspace.synthetic, district.reach.address if district.reach is not None else "")

    @property
    def declared(self) -> bool:
        """Whether the district declares how people are reached."""
        return self._reach is not None

    def round(self, stop: threading.Event | None = None) -> Round:
        """Escalate what is overdue (once a day), route what is new, send what is due."""
        done = Round()
        reach = self._reach
        if reach is None:
            return done
        done.escalated = self._chase()
        now = self._now()
        plan = self._outbox.route(lambda messages: Routed(*routed(messages, reach, self._teller, now)))
        done.routed = len(plan.states)
        wires = dict(self._ready(reach, done))
        for one in self._outbox.settle_abandoned(now, {name for name, wire in wires.items() if wire.deduplicates}, _ABANDONED):
            done.count(DeliveryState.WAITING if wires.get(one.link) is not None and wires[one.link].deduplicates else DeliveryState.UNCERTAIN)
        for _ in range(_MOST_A_ROUND):
            now = self._now()
            claimed = None if stop is not None and stop.is_set() else self._outbox.claim(self._claim, now, now + self._lease, tuple(wires))
            if claimed is None:
                break
            self._carry(claimed, wires[claimed.link], reach, done)
        return done

    def watch(self, stop: threading.Event, every_s: float = 15.0, told: Callable[[Round], None] = lambda _: None) -> None:
        """Rounds until stopped; an error of the store or the settings is waited out, since nothing may end the carrying."""
        while not stop.is_set():
            try:
                told(self.round(stop))
            except (QiantangError, OSError) as broken:
                told(Round(unready={"—": broken.faults if isinstance(broken, QiantangError) else ()}))
            stop.wait(every_s)

    def _ready(self, reach: Reach, done: Round) -> list[tuple[str, Wire]]:
        found = []
        for name, wire in reach.links:
            try:
                wire.refuse_unready()
            except QiantangError as lacking:
                done.unready[name] = lacking.faults
                continue
            found.append((name, wire))
        return found

    def _carry(self, claimed: Delivery, wire: Wire, reach: Reach, done: Round) -> None:
        attempt = wire.send(Letter(claimed.key, claimed.address, claimed.title, claimed.body))
        now = self._now()
        state = _state_after(attempt, wire, claimed.attempts)
        again = next_allowed(now + wait_after(claimed.attempts), reach) if state is DeliveryState.WAITING else None
        self._outbox.mark(claimed, state, now, attempt.said, again)
        done.count(state)

    def _chase(self) -> int:
        day = self._today()
        if day == self._chased:
            return 0
        desk = CaseDesk(self._store, self._workspace.house.processes)
        held = frozenset(r.name for p in self._workspace.house.processes for r in p.roles)
        touched = desk.chase(day=day, at=self._now(), actor=Actor("clock", held))
        self._chased = day
        return len(touched)

    def _today(self) -> date:
        return self._workspace.district.law_day if self._workspace.synthetic else self._now().astimezone().date()


@contextmanager
def carrying(workspace: Workspace, every_s: float = 15.0) -> Iterator[bool]:
    """The outbox carried by a thread of its own for as long as this lasts; gives whether there is anything declared to do so."""
    if workspace.district.reach is None:
        yield False
        return
    store, outbox, stop = workspace.state(), OutboxStore(workspace.hidden / "state.sqlite"), threading.Event()
    worker = threading.Thread(target=Postman(workspace, outbox, store).watch, args=(stop, every_s), name="postman")
    worker.start()
    # A server ends by raising the signal that it was sent; it must come out here, where the letter at hand is finished.
    before = signal.signal(signal.SIGTERM, _end) if threading.current_thread() is threading.main_thread() else None
    try:
        yield True
    finally:
        stop.set()
        worker.join()
        outbox.close()
        store.close()
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def _end(*_: object) -> None:
    raise SystemExit(0)


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: twice as long each time, six hours at most."""
    return timedelta(seconds=min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** max(0, attempts - 1)))


def _state_after(attempt: Attempt, wire: Wire, attempts: int) -> DeliveryState:
    if attempt.came is Came.TAKEN:
        return DeliveryState.SENT
    if attempt.came is Came.UNKNOWN and not wire.deduplicates:
        return DeliveryState.UNCERTAIN
    if attempt.came is Came.NEVER or attempts >= MOST_ATTEMPTS:
        return DeliveryState.FAILED
    return DeliveryState.WAITING
