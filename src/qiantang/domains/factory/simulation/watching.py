"""The loop closed on real charts: readings of every signal go through ordering and analysis, alarms find faults, people mend them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np

from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.alarms.register import Register
from qiantang.domains.factory.charts import rules
from qiantang.domains.factory.charts.analysis import MACHINE, Analysis, Raised
from qiantang.domains.factory.charts.budget import budgeted
from qiantang.domains.factory.charts.policy import TEXTBOOK, Policy
from qiantang.domains.factory.charts.relearning import LearntSince
from qiantang.domains.factory.charts.settings import charted
from qiantang.domains.factory.ordering import Ordering
from qiantang.domains.factory.simulation.dispatched import Dispatched
from qiantang.domains.factory.simulation.gateways import Gateways
from qiantang.domains.factory.simulation.making import UNWATCHED
from qiantang.domains.factory.simulation.running import RunningPlant
from qiantang.domains.factory.simulation.signals import Signals
from qiantang.domains.factory.simulation.truth import EPOCH_US, Fault
from qiantang.kernel.readings import Readings, together
from qiantang.kernel.words import Text

STEP_S = 30
"""The plant moves on by so much before its readings are judged."""
WINDOW_S = 60.0
"""Signals that have neither cycle nor batch are charted by the minute."""
LATENESS_US = 2_000_000
SILENT_US = 30_000_000
LATE_US = 2_000_000
"""A reading that took longer is late; more than one in a hundred of a gateway's readings tells of repeated and late frames."""
BIRTHS = 3
"""More births of a gateway in one step than this are a storm."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault and the first alarm on its machine (or the first sign on its gateway) while it was at work; None: never found."""

    fault: Fault
    at_s: float | None
    rule: str
    cycle_s: float

    @property
    def delay_s(self) -> float:
        """From beginning to alarm; infinite where it was not found."""
        return math.inf if self.at_s is None else self.at_s - self.fault.start

    @property
    def in_time(self) -> bool:
        """Within three minutes or two cycles, whichever is longer."""
        return self.delay_s <= max(180.0, 2 * self.cycle_s)


@dataclass(frozen=True)
class Watched:
    """What the charts made of a span. ``told`` alarms reached an operator after grouping; ``idle`` those of them on a machine
    without a fault at work or just mended. ``most_in_ten_minutes`` of any operator."""

    hours: float
    findings: tuple[Finding, ...]
    told: int
    idle: int
    per_operator_hour: float
    most_in_ten_minutes: int
    by_rule: Mapping[str, int]
    readings: int

    @property
    def false_per_operator_hour(self) -> float:
        """The part of ``per_operator_hour`` that is idle."""
        return self.per_operator_hour * self.idle / self.told if self.told else 0.0

    @property
    def found(self) -> float:
        """The share of faults found."""
        return sum(f.at_s is not None for f in self.findings) / len(self.findings) if self.findings else 1.0

    @property
    def median_delay_s(self) -> float:
        """Of all faults, those not found counted as infinitely late."""
        return median(f.delay_s for f in self.findings) if self.findings else 0.0

    @property
    def in_time(self) -> float:
        """The share of faults found within three minutes or two cycles."""
        return sum(f.in_time for f in self.findings) / len(self.findings) if self.findings else 1.0

    def by_cause(self) -> Mapping[str, tuple[int, int, float]]:
        """For each cause how many faults, how many of them found, median delay in seconds of those."""
        made: dict[str, list[Finding]] = {}
        for finding in self.findings:
            made.setdefault(finding.fault.cause, []).append(finding)
        return {cause: (len(of), sum(f.at_s is not None for f in of), median([f.delay_s for f in of if f.at_s is not None] or [math.inf]))
                for cause, of in sorted(made.items())}


class Watch:
    """A running plant under real charts. People still find what the charts miss, on their rounds.

    ``learning`` points of phase I, of some signals several times as many. ``quantile_limits``: skewed signals get limits from a curve
    fitted to those points, which needs many of them; without, they are charted as if they were normal. ``policies`` instead of those
    of the alarm budget: the first is everybody's.
    """

    def __init__(self, seed: int = 1, *, learning: int = 60, begin_s: int = 0, quantile_limits: bool = True, most_order: int = 3,
                 policies: Sequence[Policy] = ()) -> None:
        self.running = RunningPlant(seed, mender=Dispatched(), watch="rounds", begin_s=begin_s - 7200)
        self.signals = Signals(self.running)
        self.gateways = Gateways(self.signals)
        plant = self.running.plant
        judged = plant if quantile_limits else replace(plant, signals=tuple(replace(s, skewed=False) for s in plant.signals))
        settings = charted(judged, policies=policies or (TEXTBOOK,), unwatched=UNWATCHED, learning=learning, window_s=WINDOW_S, most_order=most_order)
        self.settings = settings if policies else budgeted(judged, settings).settings
        self.analysis = Analysis(self.settings)
        source = self.signals.gateway_of.astype(np.int32)
        self.ordering = Ordering(source, np.full(len(self.signals.gateways), LATENESS_US, np.int64))
        self.at = begin_s
        self._signals_of: dict[str, list[int]] = {}
        for signal in plant.signals:
            self._signals_of.setdefault(signal.asset, []).append(signal.number)
        self._heard = np.full(len(self.signals.gateways), EPOCH_US + begin_s * 1_000_000, np.int64)
        self._found: dict[int, tuple[float, str]] = {}
        self._learnt = LearntSince(self.analysis)
        self._mended: list[Fault] = []
        self.running.repairs.on_end.append(self._mended.append)

    def run(self, until_s: int, progress: Callable[[float], None] | None = None) -> Watched:
        """Watch up to a second; the figures are of this span."""
        begin, readings = self.at, 0
        register = Register(self.running.plant)
        told = idle = 0
        by_rule: Counter[str] = Counter()
        while self.at < until_s:
            start, end = self.at, min(self.at + STEP_S, until_s)
            self.running.run(end)
            arrived = self.gateways.sent(self.signals.between(start, end), start, end)
            self._watch_gateways(arrived, start, end)
            released = together([self.ordering.feed(arrived).readings, self.ordering.step()])
            raised = self.analysis.feed(released)
            readings += len(released)
            mended = sorted({fault.machine for fault in self._mended})
            self._learn_after_repairs(end)
            for alarm, change_of in self._alarms(raised, released, register):
                by_rule[alarm.rule] += 1
                machine = self.running.plant.machine(alarm.asset)
                at_s = (alarm.at - EPOCH_US) / 1e6
                if change_of:
                    told += 1
                    idle += not self._explained(machine, at_s)
                self._finds(machine, at_s, alarm.rule)
            register.mended(mended, (), EPOCH_US + end * 1_000_000)
            self.at = end
            if progress is not None:
                progress((end - begin) / (until_s - begin))
        hours = (until_s - begin) / 3600
        faults = [f for f in self.running.faults if begin <= f.start < until_s - 2400]
        return Watched(hours, tuple(self._finding(f) for f in faults), told, idle, told / hours / self.running.plant.operators,
                       register.most_in_a_flood_span(), dict(by_rule.most_common()), readings)

    def found_so_far(self) -> tuple[Finding, ...]:
        """Every fault there was, with its first alarm."""
        return tuple(self._finding(fault) for fault in self.running.faults)

    def _finding(self, fault: Fault) -> Finding:
        at_s, rule = self._found.get(fault.number, (None, ""))
        return Finding(fault, at_s, rule, self.running.repairs.machines[fault.machine].cycle_s)

    def _alarms(self, raised: Raised, readings: Readings, register: Register) -> Iterator[tuple[Alarm, bool]]:
        """Alarms with whether an operator is told of each; what is over is told to the register too."""
        for event in np.flatnonzero(raised.cleared):
            signal, at = int(raised.signal[event]), int(readings.at[raised.index[event]])
            asset = self.running.plant.signals[signal].asset if signal != MACHINE else self.settings.machines[int(raised.machine[event])]
            for bit, rule in enumerate(rules.RULES):
                if int(raised.cleared[event]) >> bit & 1:
                    register.returned(signal, asset, rule, at)
        for alarm in sorted(self.analysis.alarms_of(raised), key=lambda alarm: (alarm.at, register.priority(alarm))):
            yield alarm, any(change.told for change in register.raised([alarm]) if change.alarm.id == alarm.id)

    def _explained(self, machine: str, at_s: float) -> bool:
        """Whether a fault was at work on the machine within the last two cycles, or anybody worked on it."""
        back = at_s - 2 * self.running.repairs.machines[machine].cycle_s - 60
        faults = self.running.repairs.by_machine.get(machine, ())
        return any(f.start <= at_s and (f.end is None or f.end > back) for f in faults)

    def _learn_after_repairs(self, now_s: int) -> None:
        """Of what made bad pieces or slow cycles until now: what was learnt on that asset meanwhile, or is being learnt, is not how it is
        when all is well; it is learnt again. The repair's record tells since when something was wrong."""
        self._learnt.look(self.analysis, now_s)
        for fault in self._mended:
            if self.running.causes[fault.cause].acts not in ("scrap", "slow"):
                continue
            signals, since_us = self._signals_of.get(fault.asset, ()), EPOCH_US + math.floor(fault.start * 1e6)
            wrong = self._learnt.in_doubt(self.analysis, signals, math.floor(fault.start))
            machines = self.analysis.machines.in_doubt(signals, since_us)
            if wrong or machines:
                self.analysis.learn_again(np.array(wrong, np.int64), machines, since_us, at=EPOCH_US + now_s * 1_000_000, who="repair",
                                          why=Text("学习期间设备有故障，修复后重新学习", "learnt while something was wrong; learnt again after the repair"))
        self._mended.clear()

    def _finds(self, machine: str, at_s: float, rule: str) -> None:
        """An alarm on a machine leads somebody to whatever is wrong there."""
        for fault in self.running.repairs.by_machine.get(machine, ()):
            if fault.start <= at_s and (fault.end is None or fault.end > at_s) and fault.number not in self._found:
                self._found[fault.number] = (at_s, rule)
                self.running.find(fault)

    def _watch_gateways(self, arrived: Readings, start_s: int, end_s: int) -> None:
        """What the node sees of the connections themselves: silence, late frames, a clock that is off, a storm of births."""
        of = self.signals.gateway_of[arrived.signal]
        n = len(self.signals.gateways)
        counts = np.bincount(of, minlength=n)
        late = np.bincount(of[arrived.received - arrived.at > LATE_US], minlength=n)
        ahead = np.bincount(of[arrived.at - arrived.received > self.ordering.allowances.ahead], minlength=n)
        now = EPOCH_US + end_s * 1_000_000
        self._heard[counts > 0] = now
        births = Counter(notice.source for notice in self.gateways.notices(start_s, end_s) if notice.kind == "birth")
        for k, gateway in enumerate(self.signals.gateways):
            for sign, seen in (("silent", now - self._heard[k] >= SILENT_US), ("late", late[k] > 0.01 * counts[k] and counts[k] > 0),
                               ("clock", ahead[k] > 0), ("births", births[gateway] > BIRTHS)):
                if seen:
                    self._finds(gateway, float(end_s), sign)


