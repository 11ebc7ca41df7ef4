"""A message tells an owner what now waits for them; it is written down together with the step that causes it, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from qiantang.kernel.actions.cases import CaseEvent
from qiantang.kernel.actions.plain import Plain
from qiantang.kernel.words import Text

_ALWAYS_TOLD = frozenset({"opened", "assigned", "escalated", "finding_changed"})


@dataclass(frozen=True, slots=True)
class Message:
    """Somebody is to know of something. ``cause`` names what happened and occurs once; ``subject`` is the case or task
    it is about, ``process`` its kind. ``urgent`` ones may come in quiet hours where their route says so.

    It names no enterprise and no person: what a message says of them is on the page it leads to. ``detail`` may hold a
    ``title`` in both languages (what is to be done) and the ``path`` of that page, where it is no case's.
    """

    cause: str
    at: datetime
    event: str
    process: str
    subject: str
    role: str
    scope: str = ""
    person: str = ""
    due: date | None = None
    urgent: bool = False
    detail: Mapping[str, Plain] = field(default_factory=dict)
    number: int = 0


class MessageState(StrEnum):
    """What became of a message: not yet looked at, given to the links, or why it was given to none."""

    NEW = "new"
    ROUTED = "routed"
    NOBODY = "nobody"
    """No route names an address for it."""
    OLD = "old"
    """It was too old when the links were first asked to carry it."""


class DeliveryState(StrEnum):
    """Where one message to one address stands.

    ``sending`` is written down before the first byte leaves. Whoever finds an abandoned one cannot know whether it
    arrived: it becomes ``uncertain`` and waits for a person, unless the far side throws doubles away.
    """

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    DROPPED = "dropped"

    @property
    def label(self) -> Text:
        """The state in words."""
        return _TITLES[self]


_TITLES = {
    DeliveryState.WAITING: Text("待发", "waiting"), DeliveryState.SENDING: Text("发送中", "being sent"), DeliveryState.SENT: Text("已发", "sent"),
    DeliveryState.FAILED: Text("发送失败", "failed"), DeliveryState.UNCERTAIN: Text("不确定是否送达", "uncertain whether it arrived"),
    DeliveryState.DROPPED: Text("不再发送", "given up")}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One text on its way to one address by one link. ``key`` is the same at every attempt, so that a far side that
    keeps keys takes it once; ``messages`` are the numbers of the messages it carries."""

    key: str
    link: str
    address: str
    title: str
    body: str
    messages: tuple[int, ...]
    planned_at: datetime
    not_before: datetime
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    claim: str = ""
    claimed_until: datetime | None = None
    ended_at: datetime | None = None
    told: str = ""
    number: int = 0


def messages_of(events: Iterable[CaseEvent]) -> list[Message]:
    """The messages that case events cause: to whoever owns the case afterwards, where the event is news to them.

    News are an opened, assigned or escalated case, a changed finding, and a step into another state.
    """
    return [Message(f"case-event:{e.seq}", e.at, e.event, e.process, e.case, e.owner.role, e.owner.scope, e.owner.person,
                    e.due.day if e.due is not None else None, e.event == "escalated")
            for e in events if e.owner is not None and (e.event in _ALWAYS_TOLD or e.from_state != e.to_state)]
