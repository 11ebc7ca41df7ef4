"""The life of an alarm as one table: which state it is in, what may happen there, and where that leads.

After ISA-18.2-2016 (IEC 62682:2022), figure 6: the letters are the standard's own. Whether the condition behind the alarm
still holds goes on being watched while it is shelved, suppressed or out of service, and decides where it comes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from qiantang.kernel.words import Text


class State(StrEnum):
    """Where an alarm stands."""

    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    SHELVED = "shelved"
    SUPPRESSED = "suppressed"
    OUT_OF_SERVICE = "out_of_service"


class Event(StrEnum):
    """What may happen to an alarm."""

    RAISED = "raised"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    ACKNOWLEDGED = "acknowledged"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"
    SUPPRESSED = "suppressed"
    UNSUPPRESSED = "unsuppressed"
    REMOVED = "removed"
    RESTORED = "restored"


STATES: dict[State, tuple[str, Text]] = {
    State.NORMAL: ("A", Text("正常", "normal")),
    State.UNACKNOWLEDGED: ("B", Text("报警未确认", "unacknowledged")),
    State.ACKNOWLEDGED: ("C", Text("报警已确认", "acknowledged")),
    State.RETURNED: ("D", Text("已恢复，未确认", "returned to normal, unacknowledged")),
    State.SHELVED: ("G", Text("已搁置", "shelved")),
    State.SUPPRESSED: ("H", Text("按设计抑制", "suppressed by design")),
    State.OUT_OF_SERVICE: ("I", Text("停用", "out of service")),
}
"""The standard's letter and the name of each state."""

EVENTS: dict[Event, Text] = {
    Event.RAISED: Text("触发", "raised"),
    Event.RETURNED: Text("恢复正常", "returned to normal"),
    Event.WITHDRAWN: Text("因迟到数据撤回", "withdrawn, for a late reading"),
    Event.ACKNOWLEDGED: Text("确认", "acknowledged"),
    Event.SHELVED: Text("搁置", "shelved"),
    Event.UNSHELVED: Text("取消搁置", "unshelved"),
    Event.SUPPRESSED: Text("抑制", "suppressed"),
    Event.UNSUPPRESSED: Text("解除抑制", "no longer suppressed"),
    Event.REMOVED: Text("停用", "taken out of service"),
    Event.RESTORED: Text("恢复使用", "back in service"),
}

SHOWN = frozenset({State.UNACKNOWLEDGED, State.ACKNOWLEDGED, State.RETURNED})
"""The states in which an alarm stands in the operator's list."""
HELD = frozenset({State.SHELVED, State.SUPPRESSED, State.OUT_OF_SERVICE})
"""The states in which it is kept from the operator."""

When = Literal["any", "holds", "over"]


@dataclass(frozen=True, slots=True)
class Step:
    """In this state, on this event, the alarm goes there; ``when`` the condition behind it holds, is over, or either."""

    state: State
    event: Event
    next_state: State
    when: When = "any"


_A, _B, _C, _D = State.NORMAL, State.UNACKNOWLEDGED, State.ACKNOWLEDGED, State.RETURNED
_G, _H, _I = State.SHELVED, State.SUPPRESSED, State.OUT_OF_SERVICE


def _out(state: State, event: Event) -> tuple[Step, Step]:
    """What was kept from the operator comes out as a new alarm where the condition still holds, and as normal otherwise."""
    return Step(state, event, _B, "holds"), Step(state, event, _A, "over")


LIFE: tuple[Step, ...] = (
    Step(_A, Event.RAISED, _B), Step(_B, Event.RAISED, _B), Step(_C, Event.RAISED, _C), Step(_D, Event.RAISED, _B),
    Step(_B, Event.RETURNED, _D), Step(_C, Event.RETURNED, _A),
    Step(_B, Event.WITHDRAWN, _A), Step(_C, Event.WITHDRAWN, _A), Step(_D, Event.WITHDRAWN, _A),
    Step(_B, Event.ACKNOWLEDGED, _C), Step(_D, Event.ACKNOWLEDGED, _A),
    *(Step(state, Event.SHELVED, _G) for state in (_A, _B, _C, _D)), *_out(_G, Event.UNSHELVED),
    *(Step(state, Event.SUPPRESSED, _H) for state in (_A, _B, _C, _D, _G)), *_out(_H, Event.UNSUPPRESSED),
    *(Step(state, Event.REMOVED, _I) for state in (_A, _B, _C, _D, _G, _H)), *_out(_I, Event.RESTORED),
    *(Step(state, event, state) for state in (_G, _H, _I) for event in (Event.RAISED, Event.RETURNED, Event.WITHDRAWN)),
)
"""Every way an alarm can go; what stands in no row cannot happen."""

_STEPS = {(step.state, step.event, when): step.next_state
          for step in LIFE for when in (("holds", "over") if step.when == "any" else (step.when,))}


def after(state: State, event: Event, *, holds: bool) -> State | None:
    """The state after the event; None where the table has no such row. ``holds``: the condition is there after the event."""
    return _STEPS.get((state, event, "holds" if holds else "over"))


def ways(state: State) -> tuple[Event, ...]:
    """What may happen in a state, in the order of the table."""
    return tuple(dict.fromkeys(step.event for step in LIFE if step.state is state))
