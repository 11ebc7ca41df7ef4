"""The alarm budget: how many false alarms a plant's operators can bear, and the limits that keep to it.

An operator can bear about one alarm in ten minutes (EEMUA 191; ISA-18.2-2016, table 7, and IEC 62682:2022: six an hour on
average is manageable). Ten thousand signals read once a second under textbook limits raise more than a hundred false alarms
a second. So the budget comes first: operators times six an hour, of which a part is left to alarms that are true; every chart
gets an equal share; and its limits are those whose in-control run length spends no more than that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil, log, log10, sqrt

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.charts import layout, rules, run_lengths
from qiantang.domains.factory.charts.policy import TEXTBOOK, Policy
from qiantang.domains.factory.charts.quantiles import student_beyond
from qiantang.domains.factory.charts.settings import ChartSettings, recipes_of
from qiantang.domains.factory.plant import Plant, Signal

OPERATOR_ALARMS_AN_HOUR = 6.0
FALSE_SHARE = 0.5
"""The part of the budget that false alarms may take."""
_STEPS = 8
"""Run lengths are rounded up to this many steps a power of ten, so that a plant has a handful of policies."""
_TUNED = ("nelson_1", "ewma", "cusum", "drift")
_CHARTS = (*_TUNED, "nelson_2", "nelson_3")
_FIXED = {"nelson_4": 601.0, "nelson_5": 510.6, "nelson_6": 291.3, "nelson_7": 963.2, "nelson_8": 14342.0}
"""In-control run lengths of the rules whose runs are not lengthened (``run_lengths.alternation`` and ``zone_rules``)."""
_ALWAYS = ("stuck", "range", "rate", "quality", "down", *rules.OF_MACHINES)


@dataclass(frozen=True, slots=True)
class Delay:
    """How soon a shift of the mean of what is plotted is found: by which chart, after how many points and seconds on average."""

    shift: float
    rule: str
    points: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits for a plant.

    ``allowed`` false alarms an hour, and those to be ``expected`` from these limits; ``textbook`` is what textbook limits
    raise on the readings as they come, an hour. ``settings`` are the plant's with a policy for every signal, and alpha for its
    machines; ``run_length`` (n,) is the least in-control run length of each of a signal's charts, in points, inf where it is
    not charted; ``points_an_hour`` (n,).
    """

    allowed: float
    expected: float
    textbook: float
    settings: ChartSettings
    run_length: NDArray[np.float64]
    points_an_hour: NDArray[np.float64]

    def delays(self, signal: int, shifts: tuple[float, ...] = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0)) -> tuple[Delay, ...]:
        """For each shift the chart of that signal which finds it first."""
        policy = self.settings.policies[int(self.settings.plan[signal, layout.POLICY])]
        plan = self.settings.plan[signal]
        seconds = 3600.0 / self.points_an_hour[signal] * (plan[layout.PHASES] if plan[layout.CHARTS] else 1)
        found = []
        for shift in shifts:
            rule, points = min(((rule, out_of_control(policy, rule, shift)) for rule in _TUNED), key=lambda pair: pair[1])
            found.append(Delay(shift, rule, points, points * seconds))
        return tuple(found)


def out_of_control(policy: Policy, rule: str, shift: float) -> float:
    """The run length of one of the tuned charts of a policy after a shift, by theory."""
    if rule == "nelson_1":
        return run_lengths.shewhart(policy.limit, shift)
    if rule == "ewma":
        return run_lengths.ewma(policy.ewma_weight, policy.ewma_limit, shift)
    if rule == "drift":
        return run_lengths.ewma(policy.drift_weight, policy.drift_limit, shift)
    return run_lengths.cusum(policy.cusum_slack, policy.cusum_decision, shift)


def points_an_hour(plant: Plant, settings: ChartSettings) -> NDArray[np.float64]:
    """How many points each signal gives an hour: its readings, windows, or the cycles, batches and pieces of its machine, whose
    ideal cycle (else the plant's takt) says how many there are. A signal with phases gives one a phase and cycle; of windows, each phase
    cuts one short."""
    found = np.zeros(len(settings))
    for signal in plant.signals:
        by = settings.plan[signal.number, layout.BY]
        readings = signal.rate_hz * 3600.0
        if by == layout.EACH:
            found[signal.number] = readings
        elif by == layout.WINDOW:
            cut = _phases_an_hour(plant, signal) if settings.plan[signal.number, layout.PARTS] > 1 else 0.0
            found[signal.number] = min(readings, 3.6e9 / settings.plan[signal.number, layout.WINDOW_US] + cut)
        elif by == layout.CONTEXT:
            cycle = plant.asset[plant.machine(signal.asset)].ideal_cycle_s or plant.takt_s
            found[signal.number] = min(readings, 3600.0 / cycle * settings.plan[signal.number, layout.PHASES])
    return found


def _phases_an_hour(plant: Plant, signal: Signal) -> float:
    """How many phases a signal passes through in an hour, by that recipe of its step which changes phase most often; 0 where none says
    how long its phases last."""
    stated = [[p.seconds for p in recipe.phases if p.seconds > 0] for recipe in recipes_of(plant, signal)]
    return max((3600.0 * len(seconds) / sum(seconds) for seconds in stated if seconds), default=0.0)


def budgeted(plant: Plant, settings: ChartSettings, *, operators: int | None = None, an_hour: float = OPERATOR_ALARMS_AN_HOUR,
             false_share: float = FALSE_SHARE, base: Policy | None = None) -> Budget:
    """Limits such that the expected false alarms of the whole plant are within the budget.

    Each signal has a chart of rule 1, EWMA, CUSUM, drift, of rules 2 and 3 (their runs lengthened), and of stuck readings; each
    machine T² and SPE. Every chart gets the same part of the budget, whatever its rate. Rules whose run length cannot reach
    what is needed are not in force. Baselines are those of phase I with so many points as the settings say: the limits are wide
    enough for what such an estimate is off. Range, rate, quality and what a machine says of its own state are facts, not
    guesses, and cost nothing.
    """
    allowed = (plant.operators if operators is None else operators) * an_hour * false_share
    points = points_an_hour(plant, settings)
    readings = np.zeros(len(settings))
    for signal in plant.signals:
        readings[signal.number] = signal.rate_hz * 3600.0
    samples = 3.6e9 / settings.machine_every_us if settings.machine_every_us else 0.0
    # A machine with a memory has charts of its averages besides; those stay beyond a limit longer and so cross it less often.
    machine_charts = (len(rules.OF_MACHINES) if settings.machine_weight < 1.0 else 2) * sum(len(m) > 1 for m in settings.machine_members) if samples else 0
    charted = np.flatnonzero(points > 0)
    each = allowed / max((len(_CHARTS) + 1) * len(charted) + machine_charts, 1)
    numbers: dict[tuple[float, float, int], int] = {}
    tuned: list[Tuned] = []
    policies: list[Policy] = []
    of, lengths = np.zeros(len(points), np.int64), np.full(len(points), np.inf)
    expected = machine_charts * each
    for s in charted:
        key = (_rounded(points[s] / each), _rounded(readings[s] / each), settings.points_learnt(int(s)))
        if key not in numbers:
            numbers[key] = len(tuned)
            tuned.append(policy_for(key[0], learning=key[2], base=base or Policy(release=0.5)))
            policies.append(replace(tuned[-1].policy, stuck_rate=1.0 / key[1]))
        of[s], lengths[s] = numbers[key], key[0]
        expected += points[s] * sum(tuned[numbers[key]].rates.values()) + readings[s] / key[1]
    made = settings.with_policies(policies or [base or TEXTBOOK], of)
    return Budget(allowed, float(expected), float(readings[charted].sum()) * textbook_rate(),
                  replace(made, machine_alpha=each / samples if machine_charts else settings.machine_alpha), lengths, points)


def _rounded(run_length: float) -> float:
    """A run length on the next step up."""
    return float(10.0 ** (ceil(log10(max(run_length, 10.0)) * _STEPS - 1e-9) / _STEPS))


@dataclass(frozen=True, slots=True)
class Tuned:
    """A policy and the false alarms a point that each of its charts raises, by rule."""

    policy: Policy
    rates: Mapping[str, float]


@lru_cache(maxsize=1024)
def policy_for(run_length: float, *, learning: int = 0, base: Policy = TEXTBOOK) -> Tuned:
    """The policy of which every chart runs at least so many points in control, with baselines known, or estimated from so many
    points of phase I. Rules 4 to 8 are in force where they run twice as long, which leaves room for the estimate. The CUSUM's
    slack grows by two standard errors of an estimated mean: a baseline that is off by more than the slack would let it climb
    for ever, and no decision limit could make up for that."""
    slack = base.cusum_slack + (2.0 / sqrt(learning) if learning else 0.0)
    rate = 1.0 / run_length
    limit = _shewhart_limit(rate, learning)
    found = {"ewma": _limit("ewma", base.ewma_weight, run_length, learning), "drift": _limit("ewma", base.drift_weight, run_length, learning),
             "cusum": _limit("cusum", slack, run_length, learning)}
    rates = {"nelson_1": rate} | {rule: spent for rule, (_, spent) in found.items()}
    side, side_rate = _side_run(rate, learning)
    if side:
        rates["nelson_2"] = side_rate
    trend = next((p for p in range(6, rules.STEP_BITS + 2) if trend_length(p) >= run_length), 0)
    if trend:
        rates["nelson_3"] = 1.0 / trend_length(trend)
    rates |= {rule: 1.0 / length for rule, length in _FIXED.items() if length >= 2.0 * run_length}
    policy = replace(base, limit=limit, ewma_limit=found["ewma"][0], drift_limit=found["drift"][0], cusum_slack=slack,
                     cusum_decision=found["cusum"][0],
                     side_run=side or rules.SIDE_BITS, trend_run=trend or rules.STEP_BITS + 1,
                     in_force=rules.mask(*rates, *_ALWAYS) & base.in_force)
    return Tuned(policy, rates)


@lru_cache(maxsize=32)
def trend_length(points: int) -> float:
    """The in-control run length of rule 3."""
    return run_lengths.trend(points)


def _side_run(rate: float, learning: int) -> tuple[int, float]:
    """The shortest run on one side that is rare enough, and how rare it is; 0 where the longest is not."""
    for points in range(8, rules.SIDE_BITS + 1):
        def one(shift: float, _: float, points: int = points) -> float:
            return 1.0 / run_lengths.run_on_one_side(points, shift)

        found = run_lengths.estimated(one, learning) if learning else one(0.0, 1.0)
        if found <= rate:
            return points, found
    return 0, 0.0


def _shewhart_limit(rate: float, learning: int) -> float:
    """Rule 1's limit at this rate; with an estimated baseline that of the next point's prediction interval, Student's t times
    √(1 + 1/n), which is exact on average (C. P. Quesenberry, Journal of Quality Technology 23 (1991) 213-224)."""
    if not learning:
        return run_lengths.shewhart_limit(1.0 / rate)
    return student_beyond(0.5 * rate, learning - 1) * sqrt(1.0 + 1.0 / learning)


def _spent(chart: str, weight: float, limit: float, learning: int) -> float:
    """The false alarms a point of an EWMA of that λ and L, or a CUSUM of that k and h."""
    def rate(shift: float, factor: float) -> float:
        if chart == "ewma":
            return 1.0 / run_lengths.ewma(weight, limit * factor, shift)
        return 1.0 / run_lengths.cusum(weight * factor, limit * factor, shift)

    return run_lengths.estimated(rate, learning) if learning else rate(0.0, 1.0)


@lru_cache(maxsize=4096)
def _at_decade(chart: str, weight: float, decade: int, learning: int) -> float:
    """The limit at a run length of 10 to that power: by secants on the logarithm of the rate, to a thousandth."""
    rate = 10.0 ** -decade
    first = _shewhart_limit(rate, learning) if chart == "ewma" else decade * log(10.0) / (2.0 * weight)
    second = first * 1.1 + 0.1
    at_first, at_second = (log(_spent(chart, weight, at, learning) / rate) for at in (first, second))
    for _ in range(25):
        if abs(at_second) <= 1e-3 or at_second == at_first:
            break
        step = -at_second * (second - first) / (at_second - at_first)
        first, at_first = second, at_second
        second += min(max(step, -0.4 * second), 0.6 * second)
        at_second = log(_spent(chart, weight, second, learning) / rate)
    return second


def _limit(chart: str, weight: float, run_length: float, learning: int) -> tuple[float, float]:
    """The limit at this run length, and what it spends: a cubic through the limits of four decades around, for a plant needs
    many run lengths and solving for each takes long; then as much wider as it spends too much."""
    place = log10(run_length)
    start = max(1, int(place) - 1)
    decades = range(start, start + 4)
    limits = [_at_decade(chart, weight, decade, learning) for decade in decades]
    limit = 0.0
    for own, height in zip(decades, limits, strict=True):
        part = height
        for other in decades:
            if other != own:
                part *= (place - other) / (own - other)
        limit += part
    steepness = log(10.0) * 3.0 / (limits[-1] - limits[0])
    spent = _spent(chart, weight, limit, learning)
    while spent > 1.0 / run_length:
        limit += (log(spent * run_length) + 2e-3) / steepness
        spent = _spent(chart, weight, limit, learning)
    return limit, spent


@lru_cache(maxsize=1)
def textbook_rate() -> float:
    """The false alarms a reading of the six textbook charts: rule 1 at 3σ, rules 2, 3 and 4, EWMA (0.2, 3σ), CUSUM (0.5, 5)."""
    return (1.0 / run_lengths.shewhart(3.0) + 1.0 / run_lengths.run_on_one_side(9) + 1.0 / trend_length(6) + 1.0 / run_lengths.alternation(14)
            + 1.0 / run_lengths.ewma(0.2, 3.0) + 1.0 / run_lengths.cusum(0.5, 5.0))
