"""Any order, delay or repetition of deliveries gives the same alarms; so does any cutting into batches, and a restart anywhere."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qiantang.district.plant.charting import Given
from qiantang.district.plant.models import Model
from qiantang.district.plant.pipeline import Pace, Pipeline, Step
from qiantang.district.plant.sources import gateway, sources
from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.alarms.entry import Change
from qiantang.domains.factory.alarms.finding import RULEBOOK
from qiantang.domains.factory.alarms.life import Event
from qiantang.domains.factory.charts import rules
from qiantang.domains.factory.charts.policy import Policy
from qiantang.domains.factory.charts.settings import charted
from qiantang.domains.factory.ordering import TICK
from qiantang.domains.factory.plant import Plant
from qiantang.kernel.findings.stream import current
from qiantang.kernel.readings import Readings, readings, together
from qiantang.stores.snapshots import Snapshot, Snapshots
from tests.district.plant import lines
from tests.district.plant.lines import S, alarms, delivered, happened, piped, split, standing
from tests.domains.factory.plants import SMALL

WHOLE = np.array([10_000])


def straight(r: Readings) -> list[Step]:
    return piped(split(r, WHOLE))[1]


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
@example(0, 1_524_885)  # a repetition is late while what it repeats is ripe and waits for the end of the slice
def test_any_order_delay_or_repetition_within_the_lateness_gives_the_same_alarms(seed: int, mischief: int) -> None:
    r = happened(20, seed)
    draws = np.random.default_rng(mischief)
    came = delivered(r, draws.integers(0, 1_900_000, len(r)), draws.integers(0, len(r), 100), longer=int(draws.integers(0, 6 * S)))
    expected, found = straight(r), piped(split(came, draws.integers(1, 200, 20)))[1]
    assert alarms(expected)
    assert sorted(alarms(found), key=repr) == sorted(alarms(expected), key=repr)
    assert len(lines.past(found)) == len(r)


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_what_comes_later_than_the_watermark_amends_until_the_same_alarms_stand(seed: int, mischief: int) -> None:
    r = happened(40, seed)
    draws = np.random.default_rng(mischief)
    delay = np.where(draws.random(len(r)) < 0.05, draws.integers(0, 15 * S, len(r)), 0)
    pipeline, steps = piped(split(delivered(r, delay), draws.integers(1, 500, 9)))
    assert standing(steps) == standing(straight(r))
    assert pipeline.ordering.counters.counts["late"] > 0
    findings = [f for step in steps for f in step.findings]
    latest = current(findings).latest
    assert {str(f.values["alarm"]) for f in latest if f.outcome != "withdrawn"} == set(standing(steps))
    assert {f.rulebook for f in findings} == {RULEBOOK}


@settings(max_examples=6)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 400), min_size=1, max_size=6), st.sampled_from([0, 300_000]))
def test_batch_size_does_not_change_an_alarm_nor_its_place(seed: int, sizes: list[int], lateness: int) -> None:
    draws = np.random.default_rng(seed)
    r = happened(15, seed)
    came = delivered(r, draws.integers(0, 3 * S, len(r)), draws.integers(0, len(r), 50), longer=S)
    one, other = (piped(split(came, cut), lateness)[1] for cut in (WHOLE, np.array(sizes)))
    told = [[(a, s.start, s.upto) for s in steps for a in s.alarms] for steps in (one, other)]
    assert told[0] == told[1]
    assert [f.id for s in one for f in s.findings] == [f.id for s in other for f in s.findings]
    assert [c for s in one for c in s.changes] == [c for s in other for c in s.changes]


@settings(max_examples=6)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 5, 50]), st.integers(1, 400))
@example(2, 1, 400)
def test_an_instant_that_a_source_of_its_own_order_tells_in_parts_around_a_checkpoint_is_judged_whole_and_once(seed: int, steps: int, size: int) -> None:
    r, draws, pace = happened(20, seed), np.random.default_rng(seed), Pace(checkpoint_steps=steps)
    # Half of the signals of each instant come a step after the others, and a few readings so late that windows are computed anew.
    delay = np.where(r.signal % 2 == 0, 0, 120_000)
    delay[draws.choice(np.flatnonzero(r.at > r.at[0] + S), 6, replace=False)] = 2_200_000
    pipeline, found = piped(split(delivered(r, delay), np.array([size])), 0, pace)
    assert pipeline.counters.counts["computed_anew"] > 0

    def told(steps: list[Step]) -> dict[str, Alarm]:
        # Which other signals moved is told of what had come by then.
        return {name: replace(alarm, others=()) for name, alarm in standing(steps).items()}

    assert told(found) == told(piped(split(r, WHOLE), 0, pace)[1])
    assert len(lines.past(found)) == len(r)


@settings(max_examples=8)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95), st.booleans())
def test_a_restart_from_any_snapshot_tells_what_an_unbroken_run_tells(seed: int, share: float, keeps_order: bool) -> None:
    """Sources that keep their order hand on what lies in the log as it is: their snapshots name it and do not write it again."""
    draws = np.random.default_rng(seed)
    lateness = 0 if keeps_order else None
    r = happened(30, seed)
    came = delivered(r, np.where(draws.random(len(r)) < 0.1, draws.integers(0, 12 * S, len(r)), 0))
    kept: list[tuple[int, Snapshot]] = []
    unbroken: list[Step] = []
    cut = int(share * len(came))

    def heard(step: Step) -> None:
        unbroken.append(step)
        if step.upto <= cut:
            kept[:] = [(len(unbroken), first.snapshot())]

    def logged(start: int, stop: int) -> list[tuple[int, Readings]]:
        return [(at, came.taken(slice(at, min(at + 70, stop)))) for at in range(start, stop, 70)]

    first = Pipeline([lines.judged_by(lines.settings(), lateness)], heard, addresses=lines.ADDRESSES)
    for offset, batch in split(came, draws.integers(1, 300, 10)):
        first.take(offset, batch)
    first.finish()
    told, snapshot = kept[0]
    again: list[Step] = []
    second = Pipeline([lines.judged_by(lines.settings(), lateness)], again.append, addresses=lines.ADDRESSES)
    with TemporaryDirectory() as folder:
        Snapshots(Path(folder), logged).write(snapshot)
        second.restore(cast("Snapshot", Snapshots(Path(folder), logged).latest()))
    if not keeps_order:
        assert snapshot.rests_on == snapshot.offset
    assert second.position == snapshot.offset
    second.take(0, came)
    second.finish()
    assert [f.id for s in unbroken[told:] for f in s.findings] == [f.id for s in again for f in s.findings]
    assert first.register.snapshot() == second.register.snapshot()
    assert first.counters.counts == second.counters.counts


def test_points_of_machines_outlast_a_restart_in_phase_i_and_are_computed_anew() -> None:
    """Snapshots of every step share blocks of points with the charts that go on and with each other; late readings change points that
    others hold. None of it is seen by those who hold them: going on from any snapshot tells the same."""
    chart = replace(charted(SMALL, window_s=0.0, machine_every_s=1.0, most_order=0), machine_learning=140, machine_alpha=1e-2)
    chart = replace(chart, known=dict.fromkeys(range(chart.bases), (0.0, 1.0)))
    draws = np.random.default_rng(11)
    r = happened(220, 11, faults=12)
    came = delivered(r, np.where(draws.random(len(r)) < 0.02, draws.integers(0, 12 * S, len(r)), 0))
    taken: list[tuple[int, Snapshot]] = []
    unbroken: list[Step] = []

    def heard(step: Step) -> None:
        unbroken.append(step)
        if len(unbroken) % 20 == 0:
            taken.append((len(unbroken), first.snapshot()))

    first = Pipeline([lines.judged_by(chart)], heard, addresses=lines.ADDRESSES)
    for offset, batch in split(came, draws.integers(1, 300, 10)):
        first.take(offset, batch)
    first.finish()
    told = [[f.id for f in step.findings] for step in unbroken]
    assert {a.rule for step in unbroken for a in step.alarms} >= {"t2", "spe"}
    assert first.counters.counts["computed_anew"] > 0
    in_phase_i = [(n, snapshot) for n, snapshot in taken if len(snapshot.tables)]
    assert len(in_phase_i) > 15
    for n, snapshot in in_phase_i[::4]:
        again: list[Step] = []
        second = Pipeline([lines.judged_by(chart)], again.append, addresses=lines.ADDRESSES)
        with TemporaryDirectory() as folder:
            Snapshots(Path(folder)).write(snapshot)
            second.restore(cast("Snapshot", Snapshots(Path(folder)).latest()))
        second.take(0, came)
        second.finish()
        assert [[f.id for f in step.findings] for step in again] == told[n:]


def test_readings_from_before_what_is_remembered_are_kept_apart_and_judged_by_no_chart() -> None:
    r = happened(60, 3)
    old = readings([0, 1], [lines.START + S + 1, lines.START + S + 2], [50.0, -50.0], received=int(r.at[-1]))
    steps = piped(split(together([r, old]), WHOLE))[1]
    assert together([s.older for s in steps]).value.tolist() == [50.0, -50.0]
    assert standing(steps) == standing(straight(r))


def test_a_night_of_silence_keeps_no_checkpoint_after_the_other() -> None:
    r = happened(20, 3)
    pipeline = Pipeline([lines.judged_by(lines.settings())], lambda _: None, addresses=lines.ADDRESSES)
    pipeline.take(0, r)
    morning = int(r.received[-1]) + 600 * S
    for second in range(600):
        pipeline.take(len(r) + second, readings([TICK], [morning - (600 - second) * S], [0.0]))
    kept = [name for name in pipeline.snapshot().parts if name.startswith("analysis-")]
    assert 0 < len(kept) <= 6


def heard(plant: Plant, r: Readings) -> list[Change]:
    """The changes of a plant whose signals are all known to be standard normal and judged reading by reading."""
    found = charted(plant, window_s=0.0, machine_every_s=0.0, most_order=0, policies=[Policy(in_force=rules.mask("nelson_1", "down"))])
    steps: list[Step] = []
    known = replace(found, known=dict.fromkeys(range(found.bases), (0.0, 1.0)))
    pipeline = Pipeline([Model(plant, Given(lambda _: known))], steps.append, addresses=[signal.address for signal in plant.signals])
    pipeline.take(0, r)
    pipeline.finish()
    return [change for step in steps for change in step.changes]


def test_of_alarms_of_one_instant_and_cause_the_operator_is_told_the_gravest_alone() -> None:
    graver = replace(SMALL, signals=tuple(replace(s, priority=1 if s.number == 1 else s.priority) for s in SMALL.signals))
    changes = heard(graver, readings([0, 1, 0, 1], [lines.START, lines.START, lines.START + S, lines.START + S], [0.0, 0.0, 9.0, 9.0]))
    assert [(c.alarm.signal, c.told) for c in changes if c.event is Event.RAISED] == [(1, True), (0, False)]


def test_a_machine_that_says_it_is_down_for_a_minute_is_told_and_over_when_it_works_again_though_readings_come_late() -> None:
    stating = replace(SMALL, signals=(replace(SMALL.signals[0], asset="P1", kind="machine_state"),))
    states = np.repeat([1.0, 3.0, 1.0], [30, 100, 30])
    r = readings(np.zeros(160, int), lines.START + np.arange(160) * S, states)
    for delay in (np.zeros(160, np.int64), np.where(np.arange(160) % 7 == 0, 9 * S, 0)):
        changes = heard(stating, delivered(r, delay))
        stood = [c for c in changes if not c.alarm.withdrawn]
        assert [(c.event, c.alarm.rule, c.alarm.asset, (c.at - lines.START) // S, c.told) for c in stood] == [
            (Event.RAISED, "down", "P1", 90, True), (Event.RETURNED, "down", "P1", 130, False)]
        assert stood[0].alarm.since == lines.START + 30 * S


def test_a_machine_behind_two_gateways_is_one_source() -> None:
    found = sources(["a/e1/P1L/x", "a/e2/P1R/x", "a/e3/P2L/x"], lines.settings(), lambda g: 0 if g == "a/e3" else 5 * S)
    assert found.gateways == (("a/e1", "a/e2", "a/e3"),)
    apart = sources(["a/e1/x", "a/e2/y"], lines.settings(), lambda g: 0 if g == "a/e2" else 5 * S, joined=False)
    assert (apart.of.tolist(), apart.lateness_us.tolist()) == ([0, 1], [5 * S, 0])


def test_the_gateway_is_told_from_the_address() -> None:
    assert [gateway(a) for a in ("g/e/d/m", "opc.tcp://h:4840|ns=2;s=x", "10.0.0.1:502/1/40001", "plant/line/t")] == \
        ["g/e", "opc.tcp://h:4840", "10.0.0.1:502", "plant/line"]


def test_signals_that_are_born_later_join_no_source_that_was_there() -> None:
    pipeline, _ = piped(split(happened(5, 1), WHOLE))
    pipeline.know([*lines.ADDRESSES, "new/edge/x/y"])
    assert pipeline.sources.gateways[-1] == ("new/edge",)
    pipeline.take(pipeline.position, readings([len(lines.ADDRESSES)], [lines.START + 60 * S], [1.0]))
    pipeline.finish()
    assert pipeline.analysis.counters["unknown_signal"] == 1


def test_what_is_handed_on_at_once_is_named_by_its_place_in_the_log_and_not_written_again(tmp_path: Path) -> None:
    r = happened(40, 5)
    came = delivered(r, np.zeros(len(r), np.int64))
    taken: list[Snapshot] = []
    pipeline = Pipeline([lines.judged_by(lines.settings(), 0)], lambda _: taken.append(pipeline.snapshot()), addresses=lines.ADDRESSES)
    for offset, batch in split(came, np.array([90])):
        pipeline.take(offset, batch)
    places = [place for chunk in taken[-1].places["recent"] for place in chunk]
    assert min(places) == taken[-1].rests_on >= 0
    by_log, whole = Snapshots(tmp_path / "by-log", lambda start, stop: [(start, came.taken(slice(start, stop)))]), Snapshots(tmp_path / "whole")
    assert by_log.write(taken[-1]).stat().st_size < whole.write(taken[-1]).stat().st_size
    found, expected = cast("Snapshot", by_log.latest()), cast("Snapshot", whole.latest())
    for chunk, other in zip(found.readings["recent"], expected.readings["recent"], strict=True):
        one, two = together(chunk), together(other)
        assert all(getattr(one, c).tobytes() == getattr(two, c).tobytes() for c in Readings.__slots__)
