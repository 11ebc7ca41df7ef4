"""A plant that has run six hours, made once for all tests that only look at it."""

from __future__ import annotations

from functools import cache

from qiantang.domains.factory.simulation.running import RunningPlant
from qiantang.domains.factory.simulation.signals import Signals

HOUR = 3600


@cache
def six_hours() -> RunningPlant:
    """With warm-up of an hour; nobody may change it."""
    return RunningPlant(7, begin_s=-HOUR).run(6 * HOUR)


@cache
def its_signals() -> Signals:
    """The signals of that plant."""
    return Signals(six_hours())
