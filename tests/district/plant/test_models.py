"""A workbook written anew while its plant runs: each version judges its own part of the log, whoever reads it, whenever."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qiantang.district.plant.charting import Charting, Given
from qiantang.district.plant.folder import PlantFolder
from qiantang.district.plant.models import MODELS, Model, ModelRecord, difference, in_force
from qiantang.district.plant.node import Node, NodeSettings
from qiantang.district.plant.pipeline import Pipeline, Step
from qiantang.district.plant.replaying import replay
from qiantang.district.plant.work import Work
from qiantang.domains.factory.charts.settings import ChartSettings, charted
from qiantang.domains.factory.ordering import TICK
from qiantang.domains.factory.plant import Plant, Signal
from qiantang.kernel.errors import SubjectError
from qiantang.kernel.readings import Readings, readings, together
from qiantang.kernel.wires import Delivery
from qiantang.kernel.words import same
from qiantang.stores import open_store
from qiantang.stores.snapshots import Snapshot, Snapshots
from tests.district.plant import lines
from tests.district.plant.lines import S, delivered, happened, split
from tests.domains.factory.plants import SMALL

_GONE, _MEANS_OTHER, _BOUNDED = 5, 2, 0
"""Of the small plant's signals: one that the second version no longer has, one whose unit changes, one that gets a limit."""
NEW = Signal(len(SMALL.signals), "mixing/M1/M1/power", "M1", "power", "power", same("power"), "kW", priority=1)


def second(plant: Plant = SMALL) -> Plant:
    """The small plant, written anew: rows in another order, one gone, one new, one with a limit, one with another unit."""
    rows = [s for s in plant.signals if s.number != _GONE]
    rows[_MEANS_OTHER] = replace(rows[_MEANS_OTHER], unit="m3/h")
    rows[_BOUNDED] = replace(rows[_BOUNDED], most=3.0)
    return replace(plant, signals=(NEW, *reversed(rows)), operators=3)


def charts(plant: Plant) -> ChartSettings:
    """Every signal learns from thirty points."""
    return replace(charted(plant, window_s=0.0, machine_every_s=1.0, most_order=0, learning=30, patience=1), machine_learning=40, machine_alpha=1e-2)


def models(place: int, plant: Plant | None = None) -> list[Model]:
    """Two versions, the second from a place in the log on."""
    return [Model(SMALL, Given(charts)), Model(plant or second(), Given(charts), place, 2)]


def judged(versions: list[Model], batches: list[tuple[int, Readings]]) -> tuple[Pipeline, list[Step]]:
    """Everything through a pipeline."""
    steps: list[Step] = []
    pipeline = Pipeline(versions, steps.append, addresses=[*lines.ADDRESSES, NEW.address])
    for offset, batch in batches:
        pipeline.take(offset, batch)
    pipeline.finish()
    return pipeline, steps


def came(seed: int, seconds: int = 60) -> Readings:
    """Readings of the plant with the new signal from the beginning, some on their way for long."""
    draws = np.random.default_rng(seed)
    r = happened(seconds, seed, faults=14)
    extra = r.taken(r.signal == 0)
    values = np.round(draws.normal(size=len(extra)), 3)
    new = Readings(np.full(len(extra), NEW.number, np.int32), extra.at, extra.received, values, extra.quality, extra.sequence)
    r = together([r, new])
    return delivered(r, np.where(draws.random(len(r)) < 0.05, draws.integers(0, 9 * S, len(r)), draws.integers(0, S, len(r))))


@settings(max_examples=5)
@given(st.integers(0, 2**32 - 1), st.floats(0.0, 1.0), st.lists(st.integers(1, 900), min_size=1, max_size=8))
def test_how_the_log_is_cut_changes_no_alarm_of_either_version(seed: int, share: float, sizes: list[int]) -> None:
    r = came(seed)
    place = int(share * len(r))
    whole, pieces = (judged(models(place), split(r, cut))[1] for cut in (np.array([10**6]), np.array(sizes)))
    told = [[(a, s.start, s.upto) for s in steps for a in s.alarms] for steps in (whole, pieces)]
    assert told[0] == told[1]
    assert [c for s in whole for c in s.changes] == [c for s in pieces for c in s.changes]
    assert [f.id for s in whole for f in s.findings] == [f.id for s in pieces for f in s.findings]


@settings(max_examples=4)
@given(st.integers(0, 2**32 - 1), st.floats(0.3, 0.7))
@example(105741, 0.6)  # alarms of a signal that goes are raised in the very step that ends there
def test_a_restart_from_any_snapshot_of_either_version_tells_what_an_unbroken_run_tells(seed: int, share: float) -> None:
    draws = np.random.default_rng(seed)
    r = came(seed)
    versions = models(int(share * len(r)))
    taken: list[tuple[int, Snapshot]] = []
    unbroken: list[Step] = []

    def heard(step: Step) -> None:
        unbroken.append(step)
        if len(unbroken) % 15 == 0 or abs(step.upto - versions[1].place) < 40:
            taken.append((len(unbroken), first.snapshot()))

    first = Pipeline(versions, heard, addresses=[*lines.ADDRESSES, NEW.address])
    for offset, batch in split(r, draws.integers(1, 300, 10)):
        first.take(offset, batch)
    first.finish()
    near = min(range(len(taken)), key=lambda k: abs(taken[k][1].offset - versions[1].place))
    for k in {near, max(near - 1, 0), min(near + 1, len(taken) - 2), int(draws.integers(len(taken) - 1))}:
        told, snapshot = taken[k]
        again: list[Step] = []
        other = Pipeline(versions, again.append, addresses=[*lines.ADDRESSES, NEW.address])
        with TemporaryDirectory() as folder:
            Snapshots(Path(folder)).write(snapshot)
            other.restore(cast("Snapshot", Snapshots(Path(folder)).latest()))
        other.take(0, r)
        other.finish()
        assert [[f.id for f in s.findings] for s in unbroken[told:]] == [[f.id for f in s.findings] for s in again]
        assert first.register.snapshot() == other.register.snapshot()


@settings(max_examples=4)
@given(st.integers(0, 2**32 - 1))
def test_signals_that_are_charted_as_before_say_what_they_would_have_said(seed: int) -> None:
    """Nothing is late, so that no window reaches over the change."""
    r = came(seed).taken(slice(None))
    r = Readings(r.signal, r.at, r.at, r.value, r.quality, r.sequence)
    order = np.lexsort((r.signal, r.at))
    r = r.taken(order)
    place = len(r) // 2
    batches = split(r, np.array([10**6]))
    alone = judged([models(0)[0]], batches)[1]
    both = judged(models(place), batches)[1]
    alike = {s.number for s in SMALL.signals} - {_GONE, _MEANS_OTHER, _BOUNDED}

    def said(steps: list[Step]) -> list[tuple[object, ...]]:
        return sorted((a.id, a.value, a.limit, a.since) for s in steps for a in s.alarms if a.signal in alike and a.rule != "range")

    assert said(both) == said(alone)
    beyond = [a for s in both for a in s.alarms if a.rule == "range"]
    assert all(a.signal == _BOUNDED and a.value > 3.0 and s.upto > place for s in both for a in s.alarms if a.rule == "range")
    late_values = r.taken(slice(place, None))
    assert bool(beyond) == bool((late_values.value[late_values.signal == _BOUNDED] > 3.0).any())


def test_what_stands_of_a_signal_that_goes_is_over_and_its_operator_rid_of_it() -> None:
    r = happened(60, 3, faults=0)
    bad = Readings(r.signal, r.at, r.received, np.where((r.signal == _GONE) & (r.at > lines.START + 25 * S), 9.0, r.value), r.quality, r.sequence)
    place = int(np.searchsorted(bad.received, lines.START + 40 * S))
    pipeline, steps = judged(models(place), split(bad, np.array([500])))
    said = [(c.event.value, c.alarm.rule, s.start) for s in steps for c in s.changes if c.alarm.signal == _GONE and c.event is not None]
    held = {rule for event, rule, start in said if event == "raised"} - {rule for event, rule, start in said if event == "returned" and start < place}
    assert held
    assert {rule for event, rule, start in said if event == "returned" and start == place} == held
    assert not [one for one in said if one[2] > place]
    assert not [e for e in (*pipeline.register.shown(), *pipeline.register.held()) if e.alarm.signal == _GONE]
    assert pipeline.counters.counts["model_changed"] == 1
    assert pipeline.plant.operators == len(pipeline.register.metrics.told_to) == 3


def test_late_readings_from_before_a_change_are_told_and_judged_by_no_chart() -> None:
    r = happened(60, 5)
    place = len(r) // 2
    at, received = r.at[place - 200:place - 199] + 1, r.received[place + 60:place + 61]
    late = Readings(r.signal[:1], at, received, np.array([77.0]), r.quality[:1], r.sequence[:1])
    with_late = together([r.taken(slice(0, place + 60)), late, r.taken(slice(place + 60, None))])
    steps = judged(models(place), split(with_late, np.array([10**6])))[1]
    assert sum(s.not_anew for s in steps) == 1
    assert not [a for s in steps for a in s.alarms if a.value == 77.0]
    alone = judged([models(0)[0]], split(with_late, np.array([10**6])))[1]
    assert [a for s in alone for a in s.alarms if a.value == 77.0]


def test_sources_that_are_joined_or_parted_by_another_version_lose_and_repeat_nothing() -> None:
    """The second version makes one machine of two gateways' equipment; what waits of the slower is handed on with what comes."""
    joined = replace(SMALL, assets=tuple(replace(a, parent="P1", level="unit") if a.id == "P2" else a for a in SMALL.assets))
    r = came(17, 60)
    r = r.taken(r.signal < len(SMALL.signals))
    for first, then in ((SMALL, joined), (joined, SMALL)):
        versions = [Model(first, Given(charts)), Model(then, Given(charts), len(r) // 2, 2)]
        steps: list[Step] = []
        pipeline = Pipeline(versions, steps.append, addresses=lines.ADDRESSES)
        for offset, batch in split(r, np.array([133])):
            pipeline.take(offset, batch)
        pipeline.finish()
        out = together([*(s.readings for s in steps), *(s.older for s in steps)])
        keys = sorted(zip(out.signal.tolist(), out.at.tolist(), strict=True))
        assert keys == sorted(zip(r.signal.tolist(), r.at.tolist(), strict=True))
        assert len(pipeline.sources.gateways) == (3 if then is SMALL else 2)


# --- on the disk ---


def test_a_version_of_before_plants_had_a_time_zone_is_the_same_version(tmp_path: Path) -> None:
    record = ModelRecord(tmp_path)
    record.with_this(SMALL, Charting(learning=50), 700, 5)
    path, = (tmp_path / MODELS).glob("*.json")
    written = json.loads(path.read_bytes())
    del written["plant"]["zone"]
    path.write_text(json.dumps(written), encoding="utf-8")
    assert len(record.with_this(replace(SMALL, zone="Europe/Berlin"), Charting(learning=50), 800, 6)) == 1


def test_the_record_keeps_each_version_once_and_reads_it_back(tmp_path: Path) -> None:
    record = ModelRecord(tmp_path)
    first = record.with_this(SMALL, Charting(learning=50), 700, 5)
    assert [(m.place, m.number) for m in first] == [(0, 1)]
    assert len(record.with_this(SMALL, Charting(learning=50), 800, 6)) == 1
    assert len(record.with_this(replace(SMALL, takt_s=SMALL.takt_s, products=(), shifts=()), Charting(learning=50), 800, 6)) == 1
    assert len(record.with_this(replace(SMALL, zone="Europe/Berlin"), Charting(learning=50), 800, 6)) == 1, "the time zone bears on no alarm"
    assert [(m.place, m.number) for m in record.with_this(SMALL, Charting(learning=60), 900, 7)] == [(0, 1), (900, 2)]
    assert [(m.place, m.number) for m in record.with_this(second(), Charting(learning=60), 1000, 8)] == [(0, 1), (900, 2), (1000, 3)]
    again = ModelRecord(tmp_path).read(Charting())
    assert [(m.place, m.number, m.at, m.charts) for m in again] == [
        (0, 1, 5, Charting(learning=50)), (900, 2, 7, Charting(learning=60)), (1000, 3, 8, Charting(learning=60))]
    assert again[2].plant.signals == second().signals
    assert [in_force(again, place).number for place in (0, 899, 900, 999, 1000, 10**9)] == [1, 1, 2, 2, 3, 3]


def test_the_difference_of_two_versions() -> None:
    found = difference(SMALL, second())
    assert ([s.number for s in found.came], [s.number for s in found.went], [s.number for s in found.changed]) == ([NEW.number], [_GONE], [_MEANS_OTHER])


class Bringer:
    """What is delivered to a node, at the clock of the readings."""

    def __init__(self) -> None:
        self.now = lines.START

    async def to(self, node: Node, batch: Readings) -> None:
        """A second at a time, until it is judged."""
        for first in range(0, len(batch), 26):
            part = batch.taken(slice(first, first + 26))
            self.now = int(part.received.max())
            await node.deliver(Delivery(part))
        for _ in range(12):
            self.now += S
            await node.deliver(Delivery(readings([TICK], [self.now], [0.0])))
        while node.status().behind or node.inbox.bytes:
            await asyncio.sleep(0.01)


def _worked(folder: Path, plant: Plant, batch: Readings, *, kill: bool = False) -> Node:
    """A node over its folder takes a batch; with ``kill`` nothing is written at its end."""
    sender = Bringer()
    node = Node(folder, plant, store=open_store(folder / "state.sqlite"), charts=Given(charts), clock=lambda: sender.now, shown=PlantFolder(folder), work=Work,
                settings=NodeSettings(snapshot_s=1e9 if kill else 0.05, tick_s=1e9, idle_tick_s=1e9))

    async def at_work() -> None:
        running = asyncio.create_task(node.run([]))
        await sender.to(node, batch)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(at_work())
    return node


@pytest.mark.parametrize("kill", [False, True])
def test_a_node_opened_with_another_workbook_goes_on_and_a_replay_gives_what_it_gave(tmp_path: Path, kill: bool) -> None:
    """With ``kill`` the second node finds no snapshot of the first and judges the whole log again, each part by its own version."""
    r = happened(120, 8, faults=14)
    half = len(r) // 2 - (len(r) // 2) % 26
    before, after = r.taken(slice(0, half)), r.taken(slice(half, None))
    _worked(tmp_path, SMALL, before, kill=kill)
    node = _worked(tmp_path, second(), after)
    assert [n.kind for n in node.notices].count("model") == 1
    assert next(n.told.en for n in node.notices if n.kind == "model") == (
        "version 2 of the plant's model is in force. Signals that came: 1; that went: 1; that mean something else: 1. Those that came or changed learn, "
        "the charts of all others go on")
    store = open_store(tmp_path / "state.sqlite")
    with store.reading() as reader:
        found = reader.findings()
    store.close()
    alarms = replay(tmp_path, Given(charts))
    assert sorted((str(f.values["alarm"]), f.values["offset"], f.values["limits"]) for f in found) == sorted((a.id, a.offset, a.limits) for a in alarms)
    place = ModelRecord(tmp_path).read(Given(charts))[1].place
    assert any(a.signal == _GONE for a in alarms)
    assert not [a for a in alarms if a.offset >= place and a.signal == _GONE]
    third = _worked(tmp_path, second(), r.taken(slice(0, 0)))
    assert not [n for n in third.notices if n.kind in ("model", "settings")]
    assert third.pipeline.register.snapshot() == node.pipeline.register.snapshot()


def test_a_replay_of_a_folder_in_which_no_node_worked_says_so(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match="there is no log"):
        replay(tmp_path, Given(charts))


def test_a_version_that_was_half_written_when_the_power_went_was_never_in_force(tmp_path: Path) -> None:
    record = ModelRecord(tmp_path)
    record.with_this(SMALL, Charting(), 0, 5)
    (tmp_path / "models" / "000002.part").write_text(json.dumps({"place": 9})[:5])
    assert len(record.read(Charting())) == 1
    assert [(m.place, m.number) for m in record.with_this(second(), Charting(), 40, 6)] == [(0, 1), (40, 2)]
