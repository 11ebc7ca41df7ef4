"""The states of a task in one table, which event leads where, and the record of each change with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from qiantang.kernel.errors import ActionError, Fault, Place
from qiantang.kernel.words import Text


class State(StrEnum):
    """Where a task stands. Refused, escalated and interrupted tasks wait like open ones; finished and withdrawn ones are over."""

    OPEN = "open"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    STARTED = "started"
    FINISHED = "finished"
    REFUSED = "refused"
    ESCALATED = "escalated"
    INTERRUPTED = "interrupted"
    WITHDRAWN = "withdrawn"

    @property
    def said(self) -> Text:
        """The state as a reader calls it."""
        return _SAID[self]


class Event(StrEnum):
    """What happens to a task."""

    OPEN = "open"
    OFFER = "offer"
    ACCEPT = "accept"
    START = "start"
    FINISH = "finish"
    REFUSE = "refuse"
    ESCALATE = "escalate"
    INTERRUPT = "interrupt"
    TAKE_BACK = "take_back"
    WITHDRAW = "withdraw"
    JOIN = "join"
    """A further finding belongs to it; its state stays."""
    WAIT = "wait"
    """Nothing changes but the reason why nobody does it."""


_SAID = {
    State.OPEN: Text("待派", "open"), State.OFFERED: Text("已派，待接单", "offered"), State.ACCEPTED: Text("已接单", "accepted"),
    State.STARTED: Text("处理中", "started"), State.FINISHED: Text("已完成", "finished"), State.REFUSED: Text("被拒，待改派", "refused"),
    State.ESCALATED: Text("超时未接，已升级", "escalated"), State.INTERRUPTED: Text("被中断，待续", "interrupted"),
    State.WITHDRAWN: Text("已撤销", "withdrawn"),
}

WAITING = frozenset({State.OPEN, State.REFUSED, State.ESCALATED, State.INTERRUPTED})
HELD = frozenset({State.OFFERED, State.ACCEPTED, State.STARTED})
CLOSED = frozenset({State.FINISHED, State.WITHDRAWN})

STEPS: Mapping[tuple[State, Event], State] = {
    **{(state, Event.OFFER): State.OFFERED for state in WAITING},
    **{(state, Event.WITHDRAW): State.WITHDRAWN for state in WAITING | HELD},
    (State.OFFERED, Event.ACCEPT): State.ACCEPTED,
    (State.OFFERED, Event.REFUSE): State.REFUSED,
    (State.OFFERED, Event.ESCALATE): State.ESCALATED,
    (State.OFFERED, Event.TAKE_BACK): State.OPEN,
    (State.ACCEPTED, Event.START): State.STARTED,
    (State.ACCEPTED, Event.REFUSE): State.REFUSED,
    (State.ACCEPTED, Event.TAKE_BACK): State.OPEN,
    (State.ACCEPTED, Event.INTERRUPT): State.INTERRUPTED,
    (State.STARTED, Event.FINISH): State.FINISHED,
    (State.STARTED, Event.INTERRUPT): State.INTERRUPTED,
}
"""From a state, by an event, to a state; what is not here cannot happen."""


def after(task: str, state: State, event: Event) -> State:
    """The state that follows; raises ActionError where the event is impossible in this state."""
    following = STEPS.get((state, event))
    if following is None:
        possible = "、".join(sorted(e for s, e in STEPS if s is state))
        raise ActionError(Fault(
            Text("任务 {task} 现为“{state}”，不能“{event}”", "task {task} is {state}; it cannot {event}").filled(task=task, state=state.said, event=event),
            Place(path=f"tasks.{task}"), str(state), "task-step",
            Text("此时可以：{possible}。请刷新任务后再操作。", "Possible now: {possible}. Reload the task and try again.").filled(possible=possible or "–")))
    return following


@dataclass(frozen=True, slots=True)
class Change:
    """One step of one task, or (event WAIT) a new reason why it waits.

    ``worker`` has the task afterwards (empty: nobody), ``former`` had it before. ``lead`` is the shift lead to be told.
    ``at`` is microseconds UTC. ``reason`` is why, for the audit log and the two people concerned.
    """

    task: str
    at: int
    event: Event
    before: State
    after: State
    reason: Text
    worker: str = ""
    former: str = ""
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """What turned out: the cause that was found and what was done, for the finding that the task came from.

    ``worked`` is minutes of work, interruptions not counted; ``expected`` the minutes planned. Charts and plans learn from it.
    """

    finding: str
    task: str
    asset: str
    cause: str
    done: str
    worker: str
    at: int
    worked: float
    expected: float
