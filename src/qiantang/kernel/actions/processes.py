"""A process is one sound table: states with an owner and a deadline, and the steps that lead from state to state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from qiantang.kernel.actions.process_rows import Event, State, Step, Table
from qiantang.kernel.actions.soundness import faults_of
from qiantang.kernel.errors import DomainError, raise_all
from qiantang.kernel.words import Text, same


@dataclass(frozen=True)
class Process(Table):
    """A kind of case. Its ``name`` begins every case number.

    The table is checked as a whole when it is made, and an unsound one is refused with all its faults together.
    """

    def __post_init__(self) -> None:
        raise_all(DomainError, faults_of(self))

    @cached_property
    def _states(self) -> Mapping[str, State]:
        return {state.name: state for state in self.states}

    @cached_property
    def _events(self) -> Mapping[str, Event]:
        return {event.name: event for event in self.events}

    @cached_property
    def _steps(self) -> Mapping[tuple[str, str], Step]:
        return {(step.state, step.event): step for step in self.steps}

    def state(self, name: str) -> State:
        """The state of this name."""
        return self._states[name]

    def event(self, name: str) -> Event:
        """The event of this name."""
        return self._events[name]

    def step(self, state: str, event: str) -> Step | None:
        """What the event does in this state, if anything."""
        return self._steps.get((state, event))

    def role_title(self, name: str) -> Text:
        """What a reader calls the role."""
        return next((role.title for role in self.roles if role.name == name), same(name))
