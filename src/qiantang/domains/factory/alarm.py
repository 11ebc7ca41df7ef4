"""An alarm: which rule of which signal broke, by which readings, against which limit and since when."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Alarm:
    """What a chart said of one signal (or machine) at one instant; the same log gives the same alarms, bit for bit.

    ``signal`` is the signal's number, -1 for a chart over a whole machine; ``rule`` the chart and rule
    (``nelson_1`` … ``nelson_8``, ``ewma``, ``cusum``, ``drift``, ``stuck``, ``range``, ``rate``, ``t2``, ``spe``,
    ``quality``, ``down``), or ``silent``: the source of ``others`` (of which ``signal`` is the first, or -1 where ``asset`` is the
    gateway itself) is silent, ``value`` of its ``limit`` signals are stale. Instants are microseconds UTC of the source: ``at`` the
    reading that broke the rule, ``since`` the first reading of the pattern. ``value`` and ``limit`` are in the signal's unit or the
    statistic's own. ``offset`` is the place in the reading log of the batch that raised it; ``limits`` the version of the limits
    then in force. ``others`` are signals of the same machine that moved with it. ``amends`` is the id of the alarm a late reading corrected; with
    ``withdrawn`` that alarm no longer holds.
    """

    id: str
    signal: int
    asset: str
    rule: str
    at: int
    since: int
    value: float
    limit: float
    offset: int = -1
    limits: int = 0
    readings: int = 1
    others: tuple[int, ...] = ()
    amends: str = ""
    withdrawn: bool = False
