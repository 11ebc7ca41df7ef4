"""A made-up source of frames: slow drifts, shocks that heal, alarms and silent sensors, from a seed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from qiantang.district.frames import Frame
from qiantang.kernel.pages.blocks import Block, Card, Cards, Column, Row, Table
from qiantang.kernel.pages.values import Amount, Mark
from qiantang.kernel.words import Text, same
from qiantang.web.live.frames import ALARM, OFF, WATCH

_CALM, _SHOCKS, _HEALS = 0.94, 0.0006, 0.97


class Synthetic:
    """``cells`` signals, each an autoregressive drift of variance one; a few in ten thousand are shocked each second."""

    def __init__(self, cells: int, seed: int = 20220401) -> None:
        self._chance = np.random.default_rng(seed)
        self._drift = self._chance.normal(size=cells).astype(np.float32)
        self._shock = np.zeros(cells, np.float32)
        self._silent = self._chance.random(cells) < 0.001
        self._state = np.zeros(cells, np.uint8)
        self.frames = 0
        self.stopped = False

    def frame(self) -> Frame:
        """The next second."""
        self.frames += 1
        cells = self._drift.size
        self._drift = (_CALM * self._drift + np.sqrt(1 - _CALM**2) * self._chance.normal(size=cells)).astype(np.float32)
        struck = self._chance.random(cells) < _SHOCKS
        self._shock = self._shock * np.float32(_HEALS) + np.where(struck, self._chance.choice(np.array([-4, 4], np.float32), cells), np.float32(0))
        deviation = self._drift + self._shock
        size = np.abs(deviation)
        self._state = np.where(self._silent, OFF, np.where(size > 5.5, ALARM, np.where(size > 4.5, WATCH, 0))).astype(np.uint8)
        return Frame(np.where(self._silent, np.float32("nan"), deviation), self._state, time.time_ns() // 1000, self.stopped)

    def told(self) -> Sequence[Block]:
        """How many of each state, and the first alarms."""
        alarms = np.flatnonzero(self._state == ALARM)
        online = int(self._state.size - np.count_nonzero(self._state == OFF))
        cards = Cards((Card("online", Text("在线测点", "Signals online"), Amount(online)),
                       Card("alarms", Text("报警", "In alarm"), Amount(len(alarms)), tone="alarm" if len(alarms) else "plain")))
        rows = tuple(Row((same(f"S-{n:05d}"), Amount(Decimal(str(round(float(self._drift[n] + self._shock[n]), 1))), same("σ"), 1, signed=True),
                          Mark(Text("报警", "alarm"), "alarm"))) for n in alarms[:9])
        columns = (Column("signal", Text("测点", "signal")),
                   Column("deviation", Text("偏离", "deviation"), number=True), Column("state", Text("状态", "state")))
        return (cards, Table("alarms", columns, rows, exports=False, empty=Text("没有报警。", "No alarm.")))
