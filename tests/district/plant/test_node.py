"""A node that is killed, drowned, filled up or misled loses nothing that it acknowledged and raises no alarm twice."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qiantang.district.plant.charting import Given
from qiantang.district.plant.clock import SteadyClock
from qiantang.district.plant.folder import Order, PlantFolder
from qiantang.district.plant.node import Node, NodeSettings, Status
from qiantang.district.plant.replaying import replay
from qiantang.district.plant.work import Work
from qiantang.domains.factory.sorting import in_order
from qiantang.engines.duckdb_history import History
from qiantang.kernel.findings.stream import current
from qiantang.kernel.readings import Readings, readings, together
from qiantang.kernel.wires import Counters, Delivery, Receiver
from qiantang.stores import open_store
from qiantang.stores.reading_frames import sound_frames
from qiantang.stores.reading_log import ReadingLog
from tests.district.plant import lines
from tests.district.plant.lines import S
from tests.district.plant.sender import Sender, deliveries, opened, quiet, work
from tests.domains.factory.plants import SMALL

SECONDS = 40


def recorded(folder: Path) -> list:
    store = open_store(folder / "state.sqlite")
    with store.reading() as reader:
        found = reader.findings()
    store.close()
    return found


def keys(r: Readings) -> set[tuple[int, int, int]]:
    return set(zip(r.signal.tolist(), r.at.tolist(), r.sequence.tolist(), strict=True))


def sound(folder: Path, seed: int) -> None:
    """Everything that was sent is in the log and once in the history; the record is what a replay of the log gives; no alarm is
    raised twice; what stands is what stands when nothing ever goes wrong."""
    sent = together(deliveries(SECONDS, seed))
    log = ReadingLog(folder / "log")
    in_log = together([b for _, b in log.read()])
    assert log.damage == []
    log.close()
    assert keys(in_log.taken(in_log.signal >= 0)) == keys(sent)
    found = recorded(folder)
    alarms = replay(folder, Given(quiet))
    assert Counter(str(f.values["alarm"]) for f in found if not f.amends).most_common(1)[0][1] == 1
    assert Counter((str(f.values["alarm"]), f.values["offset"], f.outcome) for f in found) == \
        Counter((a.id, a.offset, "withdrawn" if a.withdrawn else a.rule) for a in alarms)
    expected = lines.standing(lines.piped([(0, lines.happened(SECONDS, seed))])[1])
    assert {str(f.values["alarm"]) for f in current(found).latest if f.outcome != "withdrawn"} == set(expected)
    history = History(folder / "history", asks_only=True)
    held = together([history.readings(s, 0, 2 * lines.START) for s in range(len(lines.ADDRESSES))])
    history.close()
    assert len(held) == len(keys(sent))
    assert keys(held) == keys(sent)


def test_kill_9_at_any_moment_loses_no_reading_and_raises_no_alarm_twice(tmp_path: Path) -> None:
    draws = np.random.default_rng(9)
    first, kills, ended = 0, 0, -1
    for _ in range(30):
        child = subprocess.Popen([sys.executable, "-m", "tests.district.plant.sender", str(tmp_path), str(SECONDS), "5", str(first)],
                                 stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        killer = threading.Timer(float(draws.uniform(1.0, 2.5)), os.kill, (child.pid, signal.SIGKILL))
        if kills < 5:
            killer.start()
        said = child.stdout.read().split("\n")
        killer.cancel()
        child.wait()
        child.stdout.close()
        acknowledged = [int(line.removeprefix("ack ")) for line in said if line.startswith("ack ")]
        first = max([first - 1, *acknowledged]) + 1
        kills += child.returncode == -signal.SIGKILL
        ended = child.returncode
        if "done" in said:
            break
    assert ended == 0
    assert kills == 5
    sound(tmp_path, 5)


def test_a_node_that_is_stopped_and_started_goes_on(tmp_path: Path) -> None:
    asyncio.run(work(tmp_path, SECONDS, 6, 0, 0.0))
    sound(tmp_path, 6)


def drowned(node: Node, batches: list[Readings]) -> int:
    """Deliver all as fast as they are taken; the most bytes that waited."""
    async def pour() -> None:
        running = asyncio.create_task(node.run([]))
        for batch in batches:
            await node.deliver(Delivery(batch))
        while len(node.inbox) or node.status().behind:
            await asyncio.sleep(0.02)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(pour())
    return node.inbox.most_seen


def test_our_own_clock_in_the_log_is_no_reading_also_after_a_restart(tmp_path: Path) -> None:
    sent = lines.happened(2, 1)
    now = [int(sent.at[-1])]

    async def at_work(batches: list[Readings]) -> Status:
        node = Node(tmp_path, SMALL, settings=NodeSettings(tick_s=0.02, idle_tick_s=0.02, snapshot_s=0.1), charts=Given(quiet), clock=lambda: now[0])
        running = asyncio.create_task(node.run([]))
        for batch in batches:
            await node.deliver(Delivery(batch))
        for _ in range(40):
            now[0] += S
            await asyncio.sleep(0.03)
        assert node.log.end > len(sent), "there were ticks"
        while (found := node.status()).behind:
            await asyncio.sleep(0.02)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return found

    for batches in ([sent], []):
        status = asyncio.run(at_work(batches))
        assert (status.logged, status.judged, status.counts["received"]) == (len(sent), len(sent), len(sent))


def test_a_hundred_times_the_load_waits_outside_and_not_in_memory(tmp_path: Path) -> None:
    n = len(lines.ADDRESSES)
    rate = 2_000
    at = lines.START + np.arange(300 * rate, dtype=np.int64) * (S // 100) // 20
    flood = readings(np.tile(np.arange(n), len(at) // n + 1)[:len(at)], at, np.zeros(len(at)), sequence=np.arange(len(at)))
    batches = [flood.taken(slice(k, k + 5_000)) for k in range(0, len(flood), 5_000)]
    told: list[int] = []
    node = Node(tmp_path, SMALL, settings=NodeSettings(most_waiting=400_000, most_tail=400_000, most_recording=200_000), charts=Given(quiet),
                clock=lambda: int(at[-1]), heard=lambda step, _, __: told.append(len(step.readings)))
    most = drowned(node, batches)
    status = node.status()
    assert most <= 400_000 + 37 * 5_000 + 500
    assert status.counts["waited"] > 0
    assert (status.logged, status.judged, status.behind) == (len(flood), len(flood), 0), "what the node itself says in silence is no reading"
    assert status.counts["received"] == len(flood)
    history = History(tmp_path / "history", asks_only=True)
    held = sum(len(history.readings(s, 0, 2 * lines.START)) for s in range(n))
    history.close()
    assert held + status.counts.get("shed_history", 0) == sum(told)
    assert len(flood) - sum(told) - status.pending <= 2 * rate


def test_a_full_disk_acknowledges_nothing_makes_the_wires_wait_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    batches = deliveries(SECONDS, 7)
    settled: list[int] = []
    node = Node(tmp_path, SMALL, settings=NodeSettings(most_waiting=20_000, again_s=0.02, with_history=False, snapshot_s=1e9), charts=Given(quiet),
                clock=lambda: int(batches[-1].received.max()))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    async def fill() -> None:
        running = asyncio.create_task(node.run([]))
        await node.deliver(Delivery(batches[0], lambda: settled.append(0)))
        while not settled:
            await asyncio.sleep(0.01)
        resource.setrlimit(resource.RLIMIT_FSIZE, (node.log.size, hard))
        pouring = asyncio.create_task(pour())
        while not node.status().full or len(node.inbox) < 5:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert settled == [0]
        assert not pouring.done()
        assert node.inbox.bytes <= 20_000 + 3_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        await pouring
        while len(settled) < len(batches):
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def pour() -> None:
        for number, batch in enumerate(batches[1:], 1):
            await node.deliver(Delivery(batch, lambda number=number: settled.append(number)))  # type: ignore[misc]  # bound early

    try:
        asyncio.run(fill())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert settled == list(range(len(batches)))
    said = [n.told.en for n in node.notices if n.kind in ("log", "log_again")]
    assert "the disk is full" in said[0]
    assert said[-1] == "the log is written again; nothing that was acknowledged is lost"
    log = ReadingLog(tmp_path / "log")
    in_log = together([b for _, b in log.read()])
    log.close()
    assert keys(in_log.taken(in_log.signal >= 0)) == keys(together(batches))


def test_the_machines_clock_set_back_by_a_day_does_not_turn_time_back(tmp_path: Path) -> None:
    log = ReadingLog(tmp_path / "log")
    log.append(readings([0], [lines.START], [0.0]))
    log.commit()
    log.close()
    node = Node(tmp_path, SMALL, charts=Given(quiet), clock=SteadyClock(lines.START, wall=lambda: lines.START - 86_400 * S))
    assert node.clock() >= lines.START
    assert [n.told.en for n in node.notices] == ["this machine's clock went back by 86400 s; time goes on from what is on record"]
    node.start()
    node.stop()


def test_a_snapshot_of_other_settings_is_told_and_the_log_read_anew(tmp_path: Path) -> None:
    asyncio.run(work(tmp_path, 10, 8, 0, 0.0))
    before = recorded(tmp_path)
    from qiantang.domains.factory.charts.settings import charted

    node = Node(tmp_path, SMALL, store=open_store(tmp_path / "state.sqlite"), charts=Given(lambda p: charted(p, window_s=0.0, machine_weight=0.5)))
    node.start()
    while node.status().behind:
        time.sleep(0.05)
    node.stop()
    kinds = {n.kind for n in node.notices}
    assert "settings" in kinds
    assert {f.id for f in before} <= {f.id for f in recorded(tmp_path)}


class Stumbling:
    """A wire that fails as nobody foresaw, then brings a batch."""

    def __init__(self, batch: Readings) -> None:
        self.counters, self._batch, self._begun = Counters(), batch, 0

    async def run(self, receiver: Receiver) -> None:
        self._begun += 1
        if self._begun == 1:
            raise ZeroDivisionError("nobody thought of it")
        await receiver.deliver(Delivery(self._batch))


def test_a_wire_that_fails_is_told_and_begins_anew(tmp_path: Path) -> None:
    batch = deliveries(1, 3)[0]
    node = Node(tmp_path, SMALL, settings=NodeSettings(wire_again_s=0.01), charts=Given(quiet), clock=lambda: int(batch.received.max()))

    async def bring() -> None:
        running = asyncio.create_task(node.run([Stumbling(batch)]))
        while node.status().logged < len(batch):
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(asyncio.wait_for(bring(), 30))
    (said,) = [n.told.en for n in node.notices if n.kind == "wire"]
    assert "Stumbling" in said
    assert "ZeroDivisionError: nobody thought of it" in said


def test_a_node_that_can_record_nothing_any_longer_ends_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def settled(_: History, position: int) -> None:
        raise ZeroDivisionError(position)

    monkeypatch.setattr(History, "settle", settled)
    sender = Sender(deliveries(SECONDS, 3), 0, 0.002)
    node = Node(tmp_path, SMALL, settings=NodeSettings(snapshot_s=0.1), charts=Given(quiet), clock=lambda: sender.now)

    async def record() -> None:
        sending = asyncio.create_task(sender.run(node))
        try:
            await node.run([])
        finally:
            sending.cancel()

    with pytest.raises(ZeroDivisionError):
        asyncio.run(asyncio.wait_for(record(), 30))


def test_what_people_answer_is_heard_again_by_a_replay(tmp_path: Path) -> None:
    shown = PlantFolder(tmp_path / "shown" / "small")
    sender = Sender(deliveries(SECONDS, 11), 0, 0.002)
    node = Node(tmp_path, SMALL, settings=NodeSettings(snapshot_s=1e9, tick_s=0.1, idle_tick_s=0.1), charts=Given(quiet), clock=lambda: sender.now,
                shown=shown, work=Work)

    async def answer() -> str:
        running = asyncio.create_task(node.run([]))
        sending = asyncio.create_task(sender.run(node))
        while not node.pipeline.register.shown():
            await asyncio.sleep(0.005)
        alarm = node.pipeline.register.shown()[0].first
        shown.leave(Order("acknowledge", {"alarm": alarm}, "wang", 1))
        shown.leave(Order("acknowledge", {"alarm": "nothing"}, "wang", 2))
        await sending
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return alarm

    asyncio.run(answer())
    assert node.counters.counts["orders_refused"] == 1
    assert "nothing" in next(n.told.en for n in node.notices if n.kind == "order")
    again = opened_again(tmp_path, sender)
    assert again.pipeline.position == 0
    again.start()
    while again.status().behind:
        time.sleep(0.02)
    again.stop()
    assert again.pipeline.register.snapshot() == node.pipeline.register.snapshot()
    assert any(e.by == "wang" for e in [*again.pipeline.register.shown(), *again.pipeline.register.held()]) or b'"wang"' in node.pipeline.register.snapshot()
    cells = shown.cells()
    assert cells is not None
    assert len(cells["value"]) == len(lines.ADDRESSES)
    told = shown.told()
    assert told is not None
    assert told["counters"]["received"] > 0


def opened_again(folder: Path, sender: Sender) -> Node:
    return Node(folder, SMALL, settings=NodeSettings(snapshot_s=1e9, tick_s=1e9, idle_tick_s=1e9), charts=Given(quiet), clock=lambda: sender.now, work=Work)


def test_one_reading_keeps_one_place_in_history_when_it_comes_again_days_later(tmp_path: Path) -> None:
    sent = lines.happened(60, 2)
    again = sent.taken(slice(0, 26))
    much_later = Readings(again.signal, again.at, np.full(26, int(sent.at[-1]) + S), again.value, again.quality, again.sequence)
    sender = Sender([sent, much_later], 0, 0.0)
    node = opened(tmp_path, sender)

    async def both() -> None:
        running = asyncio.create_task(node.run([]))
        await sender.run(node)
        while node.status().behind:
            await asyncio.sleep(0.02)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(both())
    history = History(tmp_path / "history", asks_only=True)
    held = together([history.readings(s, 0, 2 * lines.START) for s in range(len(lines.ADDRESSES))])
    history.close()
    assert len(held) == len(in_order(sent)[0])
    assert node.status().counts["older"] == 26
    assert node.counters.counts["repeated"] == 26


@pytest.mark.parametrize("seed", [21, 22])
def test_two_replays_of_a_log_say_the_same_bit_for_bit(tmp_path: Path, seed: int) -> None:
    asyncio.run(work(tmp_path, 15, seed, 0, 0.0))
    assert replay(tmp_path, Given(quiet)) == replay(tmp_path, Given(quiet))


def test_the_log_keeps_what_either_of_the_last_two_snapshots_rests_on(tmp_path: Path) -> None:
    node = Node(tmp_path, SMALL, charts=Given(quiet))
    asked: list[int] = []

    def retired(before: int, **_: object) -> int:
        asked.append(before)
        return 0

    node.log.retire = retired  # type: ignore[method-assign]  # what it would be asked is looked at
    for place in (700, 900, 800, 2_000):
        node._kept(place)
    assert asked == [0, 700, 800, 800]
    node.start()
    node.stop()


def test_a_log_damaged_where_the_snapshots_rest_on_it_costs_neither_history_nor_charts(tmp_path: Path) -> None:
    """Late readings of before are only known to the history then; those that were counted there already are passed over."""
    happened = lines.happened(60, 1, faults=0)
    sent = lines.delivered(happened, np.zeros(len(happened), np.int64))
    clock = [0]

    def node() -> Node:
        return Node(tmp_path, SMALL, settings=NodeSettings(snapshot_s=1e9, snapshot_readings=130, tick_s=0.1, idle_tick_s=0.1),
                    charts=Given(quiet, lambda _: 0), clock=lambda: clock[0])

    def in_history() -> int:
        history = History(tmp_path / "history", asks_only=True)
        found = sum(len(history.readings(signal.number, 0, 2**60)) for signal in SMALL.signals)
        history.close()
        return found

    async def work(one: Node, batches: list[Readings]) -> None:
        running = asyncio.create_task(one.run([]))
        for batch in batches:
            clock[0] = int(batch.received.max())
            await one.deliver(Delivery(batch))
            await asyncio.sleep(0.005)
        while one.status().behind or one.recorder.recorded < one.log.end - 3:
            clock[0] += S
            await asyncio.sleep(0.05)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(work(node(), [sent.taken(slice(k, k + 65)) for k in range(0, len(sent), 65)]))
    counted = in_history()
    path = min((tmp_path / "log").glob("*.readings"))
    data = bytearray(path.read_bytes())
    frames = list(sound_frames(bytes(data)))
    newest = int(max((tmp_path / "snapshots").iterdir()).stem)
    damaged = max((frame for frame in frames if frame.end < newest), key=lambda frame: frame.offset)
    data[damaged.position + damaged.length - 3] ^= 1
    path.write_bytes(data)
    again = node()
    assert again.pipeline.position == newest
    assert len(again.pipeline.ordering.recent) == 0
    assert "snapshot" not in {notice.kind for notice in again.noticed(-1)[1]}
    late = sent.taken(np.arange(100, 104))
    asyncio.run(work(again, [replace(late, received=np.full(4, clock[0] + S))]))
    assert again.pipeline.ordering.counters.counts["older"] == 4
    assert again.counters.counts["repeated"] == 4
    assert in_history() == counted
