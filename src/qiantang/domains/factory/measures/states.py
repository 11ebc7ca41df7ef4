"""How long each machine was in which state and why, counted exactly in microseconds from its changes of state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.measures.names import MACHINE_STATES
from qiantang.kernel.words import Text


class MachineState(IntEnum):
    """What a machine is doing. The states of ISO 22400-2 that its times are made of."""

    UNKNOWN = 0
    PRODUCING = 1
    SETUP = 2
    DOWN = 3
    """Stopped by a fault."""
    WAITING = 4
    """Able to work but without material, order, or room for what it makes."""
    PLANNED = 5
    """Not planned to be busy: a break, a day off, planned maintenance."""


STATE_TITLES: dict[MachineState, Text] = {state: MACHINE_STATES[state.name.lower()][0] for state in MachineState}


@dataclass(frozen=True, slots=True)
class StateEvents:
    """Changes of state, one a row: the asset's number, the instant (microseconds UTC), the state from then on, the reason's number
    (0: none given). All arrays have the same length."""

    asset: NDArray[np.int32]
    at: NDArray[np.int64]
    state: NDArray[np.int8]
    reason: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.asset)


def state_events(asset: object, at: object, state: object, reason: object = 0) -> StateEvents:
    """Changes of state from anything array-like; a single reason stands for all."""
    assets = np.asarray(asset, np.int32)
    return StateEvents(assets, np.asarray(at, np.int64), np.asarray(state, np.int8),
                       np.ascontiguousarray(np.broadcast_to(np.asarray(reason, np.int16), assets.shape)))


class StateClock:
    """The times of ``assets`` machines so far. Changes may come in any order within a batch, but no later than one batch.

    ``spent`` is assets × states and ``reasons`` assets × reasons × states, both in microseconds; ``late`` counts changes that came
    after a later one of the same machine was counted, which are not counted themselves.
    """

    def __init__(self, assets: int, reasons: int = 1) -> None:
        self.spent = np.zeros((assets, len(MachineState)), np.int64)
        self.reasons = np.zeros((assets, reasons, len(MachineState)), np.int64)
        self.late = 0
        self._at = np.full(assets, -1, np.int64)
        self._state = np.zeros(assets, np.int8)
        self._reason = np.zeros(assets, np.int16)

    def feed(self, events: StateEvents) -> None:
        """Count a batch of changes."""
        if not len(events):
            return
        order = np.lexsort((events.at, events.asset))
        timely = order[events.at[order] >= self._at[events.asset[order]]]
        self.late += len(order) - len(timely)
        asset, at, state, reason = events.asset[timely], events.at[timely], events.state[timely], events.reason[timely]
        if not len(at):
            return
        first = np.r_[True, asset[1:] != asset[:-1]]
        before_at = np.where(first, self._at[asset], np.r_[np.int64(0), at[:-1]])
        before_state = np.where(first, self._state[asset], np.r_[np.int8(0), state[:-1]])
        before_reason = np.where(first, self._reason[asset], np.r_[np.int16(0), reason[:-1]])
        known = before_at >= 0
        self._add(asset[known], before_state[known], before_reason[known], (at - before_at)[known])
        last = np.r_[asset[1:] != asset[:-1], True]
        self._at[asset[last]], self._state[asset[last]], self._reason[asset[last]] = at[last], state[last], reason[last]

    def until(self, at: int) -> None:
        """Count every machine's running state up to an instant (microseconds)."""
        known = (self._at >= 0) & (self._at < at)
        asset = np.flatnonzero(known)
        self._add(asset, self._state[known], self._reason[known], at - self._at[known])
        self._at[known] = at

    def as_of(self, at: int) -> StateClock:
        """A clock in which every machine's running state is counted up to an instant. This one stays as it is, so that a change of state
        which becomes known later is still counted from where it was."""
        found = StateClock(*self.reasons.shape[:2])
        found.restore(self.columns())
        found.until(at)
        return found

    @property
    def state(self) -> NDArray[np.int8]:
        """The state that each machine told last."""
        return self._state

    def columns(self) -> dict[str, NDArray[np.int64]]:
        """Everything needed to go on."""
        return {"spent": self.spent, "reasons": self.reasons, "state_at": self._at, "state": self._state.astype(np.int64),
                "reason": self._reason.astype(np.int64), "late": np.array([self.late])}

    def restore(self, columns: Mapping[str, NDArray[np.int64]]) -> None:
        """Become what the columns say."""
        self.spent, self.reasons, self._at = columns["spent"].copy(), columns["reasons"].copy(), columns["state_at"].copy()
        self._state, self._reason = columns["state"].astype(np.int8), columns["reason"].astype(np.int16)
        self.late = int(columns["late"][0])

    def _add(self, asset: NDArray[np.integer], state: NDArray[np.integer], reason: NDArray[np.integer], time: NDArray[np.int64]) -> None:
        np.add.at(self.spent, (asset, state), time)
        np.add.at(self.reasons, (asset, reason, state), time)

    def why(self, state: MachineState, assets: NDArray[np.int64] | slice = slice(None)) -> NDArray[np.int64]:
        """How long these machines (all of them) were in a state, by reason, in microseconds."""
        found: NDArray[np.int64] = self.reasons[assets, :, state].reshape(-1, self.reasons.shape[1]).sum(axis=0)
        return found
