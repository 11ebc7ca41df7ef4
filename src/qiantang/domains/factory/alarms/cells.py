"""What the alarms of a plant make of each signal's cell on the wall: fine, watched, in alarm, or without a reading.

After ISA-18.2 and ISA-101 the colour of an alarm is kept for what stands in the operator's list; what is known and kept from it, or is
over and waits to be acknowledged, is watched. Either outweighs that a signal gives no reading: that may be what the alarm says.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.alarms.entry import Entry
from qiantang.domains.factory.alarms.register import Register

FINE, WATCH, ALARM, NOTHING = range(4)
"""The states of a cell, as walls draw them."""



def cell_states(register: Register, holding: NDArray[np.uint32], silent: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The state of each signal, by its number: from the alarms as the operator has them, the rules that charts say hold (a mask for each
    signal), and which signals give no reading."""
    states = np.where(holding != 0, WATCH, np.where(silent, NOTHING, FINE)).astype(np.uint8)
    shown = register.shown()
    for entry in (*shown, *register.held()):
        states[[signal for signal in _named(register, entry) if signal < len(states)]] = WATCH
    for entry in shown:
        first = _named(register, entry)[:1]
        if entry.holds and first and first[0] < len(states):
            states[first[0]] = ALARM
    return states


def _named(register: Register, entry: Entry) -> list[int]:
    """The signals at which an alarm is shown: its own; those that moved most with a machine's alarm, its first where none is named."""
    alarm = entry.alarm
    if alarm.signal >= 0:
        return [alarm.signal]
    named = list(alarm.others) or [s.number for s in register.plant.signals if register.plant.machine(s.asset) == entry.machine][:1]
    return named if entry.holds else named[:1]
