"""The rows of a process table: roles, states, events with the fields they bring, and steps from state to state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from qiantang.kernel.actions.deadlines import DeadlineRule
from qiantang.kernel.sources import Source, Status
from qiantang.kernel.words import Text


class Kind(StrEnum):
    """What a field of an event holds."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DAY = "day"
    FLAG = "flag"
    CHOICE = "choice"

    @property
    def said(self) -> Text:
        """The kind as a reader calls it."""
        return _KINDS[self]


_KINDS = {
    Kind.TEXT: Text("非空文字", "text that is not empty"),
    Kind.INTEGER: Text("整数", "a whole number"),
    Kind.DECIMAL: Text("数字（不用浮点数）", "a number (no floating point)"),
    Kind.DAY: Text("日期", "a day"),
    Kind.FLAG: Text("是或否", "yes or no"),
    Kind.CHOICE: Text("选项之一", "one of the choices"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One value a choice field may take."""

    name: str
    title: Text


@dataclass(frozen=True, slots=True)
class Need:
    """A field that an event must bring with it, such as the route of a plan; ``optional`` ones may stay away."""

    name: str
    title: Text
    kind: Kind = Kind.TEXT
    choices: tuple[Choice, ...] = ()
    optional: bool = False

    def takes(self, value: object) -> bool:
        """Whether the value is of the field's kind."""
        match self.kind:
            case Kind.TEXT:
                return isinstance(value, str) and bool(value.strip())
            case Kind.INTEGER:
                return isinstance(value, int) and not isinstance(value, bool)
            case Kind.DECIMAL:
                return _is_exact_number(value)
            case Kind.DAY:
                return isinstance(value, date) or (isinstance(value, str) and _is_day(value))
            case Kind.FLAG:
                return isinstance(value, bool)
            case Kind.CHOICE:
                return value in {choice.name for choice in self.choices}


@dataclass(frozen=True, slots=True)
class Role:
    """Who owns a state or raises an event, by office and not by name."""

    name: str
    title: Text


@dataclass(frozen=True, slots=True)
class Escalation:
    """Where an overdue case goes next, and how long that role has."""

    role: str
    deadline: DeadlineRule


@dataclass(frozen=True, slots=True)
class State:
    """A row of the table: an open state with its owner and deadline, or a closed one with neither.

    ``status`` and ``source`` say how far the deadline is law and how far it is this district's own assumption.
    """

    name: str
    title: Text
    owner: str = ""
    deadline: DeadlineRule | None = None
    escalations: tuple[Escalation, ...] = ()
    closed: bool = False
    status: Status = Status.ASSUMPTION
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that may happen to a case, with the fields it must bring."""

    name: str
    title: Text
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the table: in this state, on this event, raised by one of these roles, the case goes there.

    A step into its own state keeps the running deadline, unless it ``restarts`` the count.
    """

    state: str
    event: str
    next_state: str
    may: tuple[str, ...]
    restarts: bool = False


@dataclass(frozen=True)
class Table:
    """A process as written, sound or not; ``start`` is the state in which a case opens."""

    name: str
    title: Text
    start: str
    roles: tuple[Role, ...]
    states: tuple[State, ...]
    events: tuple[Event, ...]
    steps: tuple[Step, ...]

    def steps_from(self, state: str) -> tuple[Step, ...]:
        """Every way out of a state, in the order of the table."""
        return tuple(step for step in self.steps if step.state == state)


def _is_day(written: str) -> bool:
    try:
        date.fromisoformat(written)
    except ValueError:
        return False
    return True


def _is_exact_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        return False
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False
