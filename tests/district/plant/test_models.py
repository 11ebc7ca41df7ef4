"""A workbook written anew while its plant runs: each version judges its own part of the log, whoever reads it, whenever."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qiantang.district.identity import KEYBOARD
from qiantang.district.plant.charting import Charting, Given
from qiantang.district.plant.folder import Order, PlantFolder
from qiantang.district.plant.models import MODELS, Model, ModelRecord, difference, in_force
from qiantang.district.plant.node import Node, NodeSettings
from qiantang.district.plant.pipeline import Pipeline, Step
from qiantang.district.plant.replaying import replay
from qiantang.district.plant.views import PlantShown
from qiantang.district.plant.work import Work
from qiantang.domains.factory.charts.settings import ChartSettings, charted
from qiantang.domains.factory.dispatch.tasks import Task
from qiantang.domains.factory.ordering import TICK
from qiantang.domains.factory.plant import Phase, Plant, Recipe, Shift, Signal, Technician
from qiantang.kernel.errors import SubjectError
from qiantang.kernel.readings import Quality, Readings, readings, together
from qiantang.kernel.wires import Delivery
from qiantang.kernel.words import same
from qiantang.stores import open_store
from qiantang.stores.reading_log import ReadingLog
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


def test_what_a_gateway_still_sends_of_a_signal_that_went_is_kept_and_judged_by_no_chart() -> None:
    """Also where it is bad or stands still: a rule that it broke would be told of no asset."""
    r = happened(90, 3, faults=0)
    late = (r.signal == _GONE) & (r.at > lines.START + 70 * S)
    bad = np.where(late & (r.at > lines.START + 80 * S), np.uint8(Quality.BAD), r.quality).astype(np.uint8)
    sent = Readings(r.signal, r.at, r.received, np.where(late, 9.0, r.value), bad, r.sequence)
    place = int(np.searchsorted(sent.received, lines.START + 40 * S))
    pipeline, steps = judged(models(place), split(sent, np.array([500])))
    assert not [a for s in steps for a in s.alarms if s.start >= place and a.signal == _GONE]
    assert sum(len(s.readings) for s in steps) == len(sent)
    assert pipeline.analysis.counters["unknown_signal"] >= int((sent.signal[place:] == _GONE).sum())


def test_of_versions_that_came_before_the_first_reading_only_the_last_judges() -> None:
    r = came(5)
    pipeline, steps = judged(models(0), split(r, np.array([500])))
    alone, other = judged([replace(models(0)[1], number=1)], split(r, np.array([500])))
    assert [a for s in steps for a in s.alarms] == [a for s in other for a in s.alarms]
    assert pipeline.analysis.limits == alone.analysis.limits
    assert pipeline.model.number == 2


@pytest.mark.parametrize("joins", [False, True])
def test_a_source_that_keeps_its_own_order_from_a_version_on_repeats_nothing_and_goes_on_in_order(joins: bool) -> None:
    """What waited comes first; what is sent again of the last instant is known again."""
    joined = replace(SMALL, assets=tuple(replace(a, parent="P1", level="unit") if a.id == "P2" else a for a in SMALL.assets))
    r = came(1, 60)
    r = r.taken(r.signal < len(SMALL.signals))
    again = r.taken(slice(None, None, 3))
    sent = together([r, Readings(again.signal, again.at, again.received + 300_000, again.value, again.quality, again.sequence)])
    sent = sent.taken(np.argsort(sent.received, kind="stable"))
    first = Model(joined, Given(charts, lambda _: 0)) if joins else Model(SMALL, Given(charts))
    steps: list[Step] = []
    pipeline = Pipeline([first, Model(SMALL, Given(charts, lambda _: 0), len(sent) // 2, 2)], steps.append, addresses=lines.ADDRESSES)
    for offset, batch in split(sent, np.array([133])):
        pipeline.take(offset, batch)
    pipeline.finish()
    out = together([*(s.readings for s in steps), *(s.older for s in steps)])
    assert sorted(zip(out.signal.tolist(), out.at.tolist(), strict=True)) == sorted(zip(r.signal.tolist(), r.at.tolist(), strict=True))
    judged_by_charts = together([piece for s in steps for piece in s.pieces[:-1]])
    for signal in range(len(SMALL.signals)):
        assert (np.diff(judged_by_charts.at[judged_by_charts.signal == signal]) > 0).all()


def test_an_alarm_of_what_waited_where_sources_were_joined_stands_when_a_late_reading_comes() -> None:
    """The slower gateway's readings lie before the joined source's frontier: they belong to what was judged before the change."""
    def known(plant: Plant) -> ChartSettings:
        found = charted(plant, window_s=0.0, machine_every_s=0.0, most_order=0)
        return replace(found, known=dict.fromkeys(range(found.bases), (0.0, 1.0)))

    joined = replace(SMALL, assets=tuple(replace(a, parent="P1", level="unit") if a.id == "P2" else a for a in SMALL.assets))
    r = happened(60, 0, faults=0)
    sent = delivered(r, np.where(np.isin(r.signal, range(6, 12)), 1_700_000, 10_000))
    wrong = lines.START + 38_500_000
    sent = replace(sent, value=np.where((sent.signal == 7) & (sent.at == wrong), 30.0, sent.value))
    place = int(np.searchsorted(sent.received, lines.START + 40 * S + 3))
    then = int(np.searchsorted(sent.received, lines.START + 46 * S))
    late = replace(sent.taken(slice(then, then + 1)), signal=np.array([0], np.int32), at=np.array([lines.START + 42 * S + 7]), value=np.array([0.1]))
    steps: list[Step] = []
    pipeline = Pipeline([Model(SMALL, Given(known)), Model(joined, Given(known), place, 2)], steps.append, addresses=lines.ADDRESSES)
    for offset, batch in split(together([sent.taken(slice(0, then)), late, sent.taken(slice(then, None))]), np.array([40])):
        pipeline.take(offset, batch)
    pipeline.finish()
    of_it = [a for s in steps for a in s.alarms if a.signal == 7 and a.at == wrong]
    assert {a.rule for a in of_it} >= {"nelson_1"}
    assert not [a for a in of_it if a.amends]
    assert pipeline.counters.counts["computed_anew"]


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


def test_only_the_versions_that_are_asked_for_are_read(tmp_path: Path) -> None:
    record = ModelRecord(tmp_path)
    for number, place in enumerate((0, 100, 200, 300)):
        record.with_this(replace(SMALL, operators=number + 1), Charting(), place, 5)
    for first in sorted((tmp_path / MODELS).glob("*.json"))[:2]:
        first.write_text("unreadable", encoding="utf-8")
    # At a place a snapshot may be of the version before it or of the one from it on.
    assert [m.number for m in record.read(Charting(), 201)] == [3, 4]
    assert [m.number for m in record.read(Charting(), 300)] == [3, 4]
    assert [m.number for m in record.read(Charting(), 301)] == [4]
    assert [m.number for m in record.with_this(replace(SMALL, operators=4), Charting(), 400, 6, 350)] == [4]
    assert [(m.number, m.place) for m in record.with_this(replace(SMALL, operators=9), Charting(), 400, 6, 350)] == [(4, 300), (5, 400)]


def test_another_recipe_is_another_meaning_of_the_signals_that_have_limits_for_each() -> None:
    def plant(*recipes: str) -> Plant:
        return replace(SMALL, signals=tuple(replace(s, phases=s.number in (1, 4)) for s in SMALL.signals), recipes=tuple(
            Recipe(name, "tire", "curing", (Phase("load", 20.0), Phase("hold", 600.0))) for name in recipes))

    assert not difference(plant("a", "b"), plant("a", "b")).changed
    assert [s.number for s in difference(plant("a", "b"), plant("a", "c")).changed] == [1, 4]
    assert [s.number for s in difference(plant("a", "b"), plant("b", "a")).changed] == [1, 4]
    longer = replace(plant("a"), recipes=(Recipe("a", "tire", "curing", (Phase("load", 20.0), Phase("hold", 660.0))),))
    assert not difference(plant("a"), longer).changed


def test_the_difference_of_two_versions() -> None:
    found = difference(SMALL, second())
    assert ([s.number for s in found.came], [s.number for s in found.went], [s.number for s in found.changed]) == ([NEW.number], [_GONE], [_MEANS_OTHER])


def test_a_version_that_cannot_be_charted_is_not_put_on_record(tmp_path: Path) -> None:
    def wrong(_: Plant) -> ChartSettings:
        raise ValueError("cannot be charted")

    record = ModelRecord(tmp_path)
    record.with_this(SMALL, Given(charts), 0, 5)
    with pytest.raises(ValueError, match="cannot be charted"):
        record.with_this(second(), Given(wrong), 40, 6)
    assert len(record.read(Given(charts))) == 1


def test_where_the_log_lost_its_end_the_version_of_now_is_in_force_from_there_on(tmp_path: Path) -> None:
    record = ModelRecord(tmp_path)
    record.with_this(SMALL, Charting(), 0, 5)
    record.with_this(second(), Charting(), 1000, 6)
    for found in (record.with_this(second(), Charting(), 300, 7), record.read(Charting())):
        assert [(m.place, m.number) for m in found] == [(0, 1), (300, 2), (300, 3)]
    assert len(record.with_this(second(), Charting(), 400, 8)) == 3


def test_a_replay_over_a_damaged_place_gives_what_the_node_gave(tmp_path: Path) -> None:
    r = happened(120, 8, faults=24)
    log = ReadingLog(tmp_path / "log")
    for _, batch in split(r.taken(slice(0, -260)), np.array([130])):
        log.append(batch)
        log.commit()
    log.close()
    segment = next((tmp_path / "log").glob("*.readings"))
    whole = bytearray(segment.read_bytes())
    whole[len(whole) // 2:len(whole) // 2 + 300] = bytes(300)
    segment.write_bytes(whole)
    node = _worked(tmp_path, SMALL, r.taken(slice(-260, None)))
    assert node.counters.counts["damaged_readings"]
    assert _on_record(tmp_path) == sorted((a.id, a.offset, a.limits) for a in replay(tmp_path, Given(charts)))


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
        await self.passes(node, 12)

    async def passes(self, node: Node, seconds: int) -> None:
        """So many seconds in which nothing comes, until they are judged."""
        for _ in range(seconds):
            self.now += S
            await node.deliver(Delivery(readings([TICK], [self.now], [0.0])))
        while (node.status().behind or node.inbox.bytes) and node._failed is None:
            await asyncio.sleep(0.01)


def _worked(folder: Path, plant: Plant, batch: Readings, *, kill: bool = False,
            then: Callable[[Node, Bringer], Coroutine[None, None, None]] | None = None) -> Node:
    """A node over its folder takes a batch, and ``then`` whatever else is done to it; with ``kill`` nothing is written at its end."""
    sender = Bringer()
    node = Node(folder, plant, store=open_store(folder / "state.sqlite"), charts=Given(charts), clock=lambda: sender.now, shown=PlantFolder(folder), work=Work,
                settings=NodeSettings(snapshot_s=1e9 if kill else 0.05, tick_s=1e9, idle_tick_s=1e9))

    async def at_work() -> None:
        running = asyncio.create_task(node.run([]))
        await sender.to(node, batch)
        if then is not None:
            await then(node, sender)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(at_work())
    return node


def _on_record(folder: Path) -> list[tuple[str, object, object]]:
    store = open_store(folder / "state.sqlite")
    with store.reading() as reader:
        found = reader.findings()
    store.close()
    return sorted((str(f.values["alarm"]), f.values["offset"], f.values["limits"]) for f in found)


STAFFED = replace(SMALL, shifts=(Shift("day", same("day"), 0, 86_400),), skills=(("curing", same("curing")), ("mixing", same("mixing"))),
                  technicians=tuple(Technician(f"t{n}", f"T{n}", frozenset({"curing", "mixing"}), "day") for n in range(3)))


def test_a_machine_that_bears_another_name_now_gets_the_tasks_of_what_its_units_told_before(tmp_path: Path) -> None:
    """The node was killed before its first snapshot: the log is judged again from its beginning, for the plant as it is now."""
    _worked(tmp_path, STAFFED, happened(60, 8, faults=24), kill=True)
    for path in (tmp_path / "snapshots").glob("*"):
        path.unlink()
    renamed = replace(STAFFED, assets=tuple(replace(a, id=a.id.replace("P1", "P9") if a.id == "P1" else a.id, parent="P9" if a.parent == "P1" else a.parent)
                                            for a in STAFFED.assets))
    node = _worked(tmp_path, renamed, happened(1, 1).taken(slice(0, 0)))
    assert node.work is not None
    assert "P9" in {entry.task.asset for entry in node.work.dispatcher.book.entries.values()}
    assert "P1" not in {entry.task.asset for entry in node.work.dispatcher.book.entries.values()}


def test_a_repair_on_record_is_learnt_from_also_where_its_task_is_of_a_signal_that_went(tmp_path: Path) -> None:
    """The node was killed before its first snapshot; judging the log again it opens no task for what is gone, and a replay knows no tasks at all."""
    tasks: list[Task] = []

    async def mended(node: Node, sender: Bringer) -> None:
        assert node.work is not None
        await sender.passes(node, 40)
        entry = next(e for e in node.work.dispatcher.book.entries.values() if e.worker and e.task.finding.startswith("s"))
        tasks.append(entry.task)
        for number, order in enumerate(("accept", "start", "finish")):
            values = {"task": entry.task.id, "worker": entry.worker, "done": "x", "cause": "y", "changed": "all"}
            PlantFolder(tmp_path).leave(Order(order, values, entry.worker, sender.now + number))
            await sender.passes(node, 3)

    first = _worked(tmp_path, STAFFED, happened(60, 8, faults=24), kill=True, then=mended)
    assert [v.who for v in first.pipeline.analysis.limits][1:] == ["t0"]
    for path in (tmp_path / "snapshots").glob("*"):
        path.unlink()
    signal = int(tasks[0].finding.split(":")[0].removeprefix("s"))
    without = replace(STAFFED, signals=tuple(s for s in STAFFED.signals if s.number != signal))
    more = happened(60, 9)
    again = _worked(tmp_path, without, replace(more, at=more.at + 200 * S, received=more.received + 200 * S))
    assert [v.who for v in again.pipeline.analysis.limits][1:] == ["t0", "model"]
    assert _on_record(tmp_path) == sorted((a.id, a.offset, a.limits) for a in replay(tmp_path, Given(charts)))


def test_a_task_at_a_machine_that_is_gone_can_be_finished(tmp_path: Path) -> None:
    _worked(tmp_path, STAFFED, happened(60, 8, faults=24))
    gone = replace(STAFFED, assets=tuple(a for a in STAFFED.assets if not a.id.startswith("P1")),
                   signals=tuple(s for s in STAFFED.signals if not s.asset.startswith("P1")))

    async def finished(node: Node, sender: Bringer) -> None:
        assert node.work is not None
        await sender.passes(node, 40)
        entry = next(e for e in node.work.dispatcher.book.entries.values() if e.worker and e.task.asset == "P1")
        for order in ("accept", "start", "finish"):
            shown = PlantShown(PlantFolder(tmp_path), KEYBOARD)
            while not [row for row in shown.rows("tasks") if row["id"] == entry.task.id and row["state"] == entry.state.value]:
                await sender.passes(node, 1)
                shown = PlantShown(PlantFolder(tmp_path), KEYBOARD)
            shown.order(order, {"task": entry.task.id, "worker": entry.worker, "done": "x", "cause": "y"})
            await sender.passes(node, 3)
        assert entry.task.id not in node.work.dispatcher.book.entries

    _worked(tmp_path, gone, happened(1, 1).taken(slice(0, 0)), then=finished)


def test_pages_say_what_they_can_while_the_node_still_reads_what_came_before_a_version(tmp_path: Path) -> None:
    """The plant is told when a node is opened, how it stands when the log is read up to the version that is in force."""
    _worked(tmp_path, SMALL, happened(100, 8, faults=40), then=_shown)
    gone = replace(SMALL, assets=tuple(a for a in SMALL.assets if not a.id.startswith("P1")),
                   signals=(*(s for s in SMALL.signals if not s.asset.startswith("P1")), NEW))
    PlantFolder(tmp_path).tell_plant(gone)
    shown = PlantShown(PlantFolder(tmp_path), KEYBOARD)
    rows = {table: shown.rows(table) for table in ("machines", "signals", "alarms", "held", "bad_actors", "tasks", "walls")}
    assert rows["alarms"]
    assert not {row["machine"] for row in (*rows["alarms"], *rows["bad_actors"])} & {"P1"}
    assert shown.told()
    assert len(shown.frame().state) == len(gone.signals)


async def _shown(node: Node, sender: Bringer) -> None:
    """Until the folder was told how the plant stands."""
    assert node.showing is not None
    node.showing.due = lambda now: True  # type: ignore[method-assign]  # at every step, not once a second
    await sender.passes(node, 3)


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
        "version 2 of the plant's model is in force. Signals that came: 1; that went: 1; that mean something else or are charted "
        "otherwise: 1. Those that came or changed learn, the charts of all others go on")
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


def test_signals_that_are_charted_otherwise_are_told_as_those_that_learn(tmp_path: Path) -> None:
    """What they mean is the same; how their points are judged is not."""
    _worked(tmp_path, SMALL, happened(60, 8))
    other = replace(SMALL, signals=tuple(replace(s, skewed=s.number in (1, 4)) for s in SMALL.signals))
    more = happened(10, 9)
    node = _worked(tmp_path, other, replace(more, at=more.at + 200 * S, received=more.received + 200 * S))
    notice, = (n for n in node.notices if n.kind == "model")
    assert "that mean something else or are charted otherwise: 2." in notice.told.en
    assert "含义或控制方式已变：2。" in notice.told.zh


def test_a_node_whose_log_lost_its_end_takes_up_nothing_of_what_is_lost(tmp_path: Path) -> None:
    """Its snapshots are of a log that is there no more, also once the log is as long again."""
    _worked(tmp_path, SMALL, happened(60, 8, faults=24))
    segment = next((tmp_path / "log").glob("*.readings"))
    segment.write_bytes(segment.read_bytes()[:segment.stat().st_size // 2])
    more = happened(90, 9, faults=24)
    _worked(tmp_path, SMALL, replace(more, at=more.at + 200 * S, received=more.received + 200 * S), kill=True)
    last = _worked(tmp_path, SMALL, more.taken(slice(0, 0)))
    straight = Pipeline(ModelRecord(tmp_path).read(Given(charts)), lambda _: None, addresses=lines.ADDRESSES)
    log = ReadingLog(tmp_path / "log")
    for offset, batch in log.read():
        straight.take(offset, batch)
    log.close()
    assert last.pipeline.register.snapshot() == straight.register.snapshot()


def test_a_replay_of_a_folder_in_which_no_node_worked_says_so(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match="there is no log"):
        replay(tmp_path, Given(charts))


def test_a_version_that_was_half_written_when_the_power_went_was_never_in_force(tmp_path: Path) -> None:
    record = ModelRecord(tmp_path)
    record.with_this(SMALL, Charting(), 0, 5)
    (tmp_path / "models" / "000002.part").write_text(json.dumps({"place": 9})[:5])
    assert len(record.read(Charting())) == 1
    assert [(m.place, m.number) for m in record.with_this(second(), Charting(), 40, 6)] == [(0, 1), (40, 2)]
