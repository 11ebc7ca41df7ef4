"""The life of an edge node as its host sees it, as one table: state, event, next state, and what is done."""

from __future__ import annotations

from enum import Enum, auto


class State(Enum):
    """How an edge node stands."""

    UNBORN = auto()
    """No birth is known: its aliases mean nothing."""
    ONLINE = auto()
    WAITING = auto()
    """A message of its count is missing; what comes after waits for it until the reorder timeout."""
    DOUBTFUL = auto()
    """Our own connection was lost: a birth may have been missed, unless its count goes on without a gap."""
    OFFLINE = auto()


class Event(Enum):
    """What happens to it."""

    BIRTH = auto()
    NEXT = auto()
    """A message with the count that was expected, or without any."""
    AHEAD = auto()
    """A message whose count leaves others out."""
    BEHIND = auto()
    """A message older than one already taken, that had been counted as missing."""
    REPEAT = auto()
    """A message already taken."""
    FILLED = auto()
    """Nothing waits any more."""
    OVERDUE = auto()
    """The reorder timeout has passed."""
    DEATH = auto()
    OLD_DEATH = auto()
    """A death with the bdSeq of another birth: the will of a connection that is no longer."""
    LOST = auto()
    """Our own connection is lost."""


class Step(Enum):
    """What the host does."""

    DESCRIBE = auto()
    """Take the birth: what its aliases mean, and its values."""
    TAKE = auto()
    HOLD = auto()
    DRAIN = auto()
    """Take what was waiting for this message, as far as the count goes without a gap."""
    RELEASE = auto()
    """Take all that waits, gap or not (at a birth: all that was sent before it): no birth was among what is missing, for a
    birth starts the count anew."""
    KEEP = auto()
    """Keep the message until a birth says whether its aliases still mean what they meant."""
    ASK = auto()
    """Ask for a rebirth."""
    ASIDE = auto()
    """Leave the message aside: its aliases mean nothing."""
    DROP = auto()
    """Leave the message out: it was taken before."""
    END = auto()
    """Its devices are offline, its signals stale."""
    STALE = auto()
    """Its signals are stale until it is heard again."""
    PASS = auto()


TABLE: dict[tuple[State, Event], tuple[State, tuple[Step, ...]]] = {
    (State.UNBORN, Event.BIRTH): (State.ONLINE, (Step.DESCRIBE,)),
    (State.UNBORN, Event.NEXT): (State.UNBORN, (Step.ASIDE, Step.ASK)),
    (State.UNBORN, Event.AHEAD): (State.UNBORN, (Step.ASIDE, Step.ASK)),
    (State.UNBORN, Event.BEHIND): (State.UNBORN, (Step.ASIDE, Step.ASK)),
    (State.UNBORN, Event.REPEAT): (State.UNBORN, (Step.ASIDE, Step.ASK)),
    (State.UNBORN, Event.DEATH): (State.OFFLINE, (Step.END,)),
    (State.UNBORN, Event.OLD_DEATH): (State.UNBORN, (Step.PASS,)),
    (State.UNBORN, Event.LOST): (State.UNBORN, ()),

    (State.ONLINE, Event.BIRTH): (State.ONLINE, (Step.DESCRIBE,)),
    (State.ONLINE, Event.NEXT): (State.ONLINE, (Step.TAKE,)),
    (State.ONLINE, Event.AHEAD): (State.WAITING, (Step.HOLD,)),
    (State.ONLINE, Event.BEHIND): (State.ONLINE, (Step.TAKE,)),
    (State.ONLINE, Event.REPEAT): (State.ONLINE, (Step.DROP,)),
    (State.ONLINE, Event.DEATH): (State.OFFLINE, (Step.END,)),
    (State.ONLINE, Event.OLD_DEATH): (State.ONLINE, (Step.PASS,)),
    (State.ONLINE, Event.LOST): (State.DOUBTFUL, (Step.STALE,)),

    (State.WAITING, Event.BIRTH): (State.WAITING, (Step.RELEASE, Step.DESCRIBE, Step.DRAIN)),
    (State.WAITING, Event.NEXT): (State.WAITING, (Step.TAKE, Step.DRAIN)),
    (State.WAITING, Event.AHEAD): (State.WAITING, (Step.HOLD,)),
    (State.WAITING, Event.BEHIND): (State.WAITING, (Step.TAKE,)),
    (State.WAITING, Event.REPEAT): (State.WAITING, (Step.DROP,)),
    (State.WAITING, Event.FILLED): (State.ONLINE, ()),
    (State.WAITING, Event.OVERDUE): (State.ONLINE, (Step.RELEASE, Step.ASK)),
    (State.WAITING, Event.DEATH): (State.OFFLINE, (Step.RELEASE, Step.END)),
    (State.WAITING, Event.OLD_DEATH): (State.WAITING, (Step.PASS,)),
    (State.WAITING, Event.LOST): (State.DOUBTFUL, (Step.RELEASE, Step.STALE)),

    (State.DOUBTFUL, Event.BIRTH): (State.ONLINE, (Step.DESCRIBE,)),
    (State.DOUBTFUL, Event.NEXT): (State.ONLINE, (Step.TAKE, Step.ASK)),
    (State.DOUBTFUL, Event.AHEAD): (State.DOUBTFUL, (Step.KEEP, Step.ASK)),
    (State.DOUBTFUL, Event.BEHIND): (State.DOUBTFUL, (Step.KEEP, Step.ASK)),
    (State.DOUBTFUL, Event.REPEAT): (State.DOUBTFUL, (Step.DROP,)),
    (State.DOUBTFUL, Event.DEATH): (State.OFFLINE, (Step.END,)),
    (State.DOUBTFUL, Event.OLD_DEATH): (State.DOUBTFUL, (Step.PASS, Step.ASK)),
    (State.DOUBTFUL, Event.LOST): (State.DOUBTFUL, ()),

    (State.OFFLINE, Event.BIRTH): (State.ONLINE, (Step.DESCRIBE,)),
    (State.OFFLINE, Event.NEXT): (State.OFFLINE, (Step.ASIDE, Step.ASK)),
    (State.OFFLINE, Event.AHEAD): (State.OFFLINE, (Step.ASIDE, Step.ASK)),
    (State.OFFLINE, Event.BEHIND): (State.OFFLINE, (Step.ASIDE, Step.ASK)),
    (State.OFFLINE, Event.REPEAT): (State.OFFLINE, (Step.DROP,)),
    (State.OFFLINE, Event.DEATH): (State.OFFLINE, (Step.DROP,)),
    (State.OFFLINE, Event.OLD_DEATH): (State.OFFLINE, (Step.PASS,)),
    (State.OFFLINE, Event.LOST): (State.OFFLINE, ()),
}
"""Every event that can meet a state; FILLED and OVERDUE meet only one that waits."""
