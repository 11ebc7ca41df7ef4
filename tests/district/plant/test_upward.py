"""The district learns what a plant lets out, each finding once, through several workers, and never a raw signal."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from qiantang.district.plant.raisings import amended, raised
from qiantang.district.plant.upward import RULEBOOK, DistrictWorker, Upward, Whitelist
from qiantang.kernel.actions.ports import StateStore
from qiantang.kernel.errors import QiantangError
from qiantang.kernel.findings.stream import StreamedFinding, current
from qiantang.kernel.wires import Delivery, Notice
from qiantang.links.messages import Messages, messages
from qiantang.links.mqtt import MqttWire
from qiantang.links.mqtt_settings import MqttSettings
from qiantang.stores import open_store
from tests.domains.factory.plants import MINUTE, SMALL, alarm
from tests.mosquitto import Mosquitto

EVERYTHING = Whitelist(frozenset({"effective_h", "signals"}), None)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StateStore]:
    opened = open_store(tmp_path / "district.sqlite")
    yield opened
    opened.close()


def findings() -> list[StreamedFinding]:
    """Two alarms, one of which a late reading takes away."""
    first, said = raised(alarm(0, MINUTE), SMALL)
    second, also = raised(alarm(3, 2 * MINUTE, "cusum"), SMALL)
    _, correction = amended([first, second], [second.alarm], SMALL, 9)
    return [said, also, *correction]


def recorded(store: StateStore) -> list[StreamedFinding]:
    with store.reading() as reader:
        return reader.findings()


def said(up: Upward, now: int = 1) -> Messages:
    return messages(*((p.topic, p.payload, now) for p in up.connected(now).publications))


def test_findings_come_with_what_they_amend_and_without_any_reading(store: StateStore) -> None:
    up, worker = Upward(SMALL, EVERYTHING), DistrictWorker(store, lambda _: None)
    up.findings(findings())
    worker.feed(said(up))
    worker.feed(said(up))
    found = recorded(store)
    assert len(found) == 3
    assert {f.outcome for f in current(found).latest} == {"withdrawn", "cusum"}
    assert all(set(f.values) == {"asset", "rule", "at_us", "since_us", "readings", "of"} for f in found)
    assert worker.online == {"small": True}
    assert worker.counters.counts["findings"] == 3


def test_an_amendment_brings_along_what_the_plant_said_long_before(store: StateStore) -> None:
    first, _, correction = findings()
    up = Upward(SMALL, EVERYTHING, {first.id: first}.get)
    up.findings([correction])
    DistrictWorker(store, lambda _: None).feed(said(up))
    assert [f.outcome for f in current(recorded(store)).history[current(recorded(store)).latest[0].id]] == ["nelson_1", "withdrawn"]


def test_only_what_is_on_the_list_is_let_out(store: StateStore) -> None:
    rows: list = []
    up, worker = Upward(SMALL, Whitelist(frozenset({"signals"}), frozenset({"cusum"}))), DistrictWorker(store, rows.append)
    up.findings(findings())
    up.figures({"plant": "small", "on": "2026-11-26", "uscc": "x", "signals": 13, "energy_kwh": 9.5})
    worker.feed(said(up))
    assert [f.outcome for f in recorded(store)] == ["cusum"]
    assert rows == [{"plant": "small", "on": "2026-11-26", "uscc": "x", "signals": 13}]
    nothing = Upward(SMALL, Whitelist())
    nothing.findings(findings())
    assert [p.topic for p in nothing.connected(1).publications] == ["qiantang/1/small/state"]


def test_a_list_with_a_figure_that_does_not_exist_is_refused() -> None:
    with pytest.raises(QiantangError, match="no column takt_target"):
        Whitelist(frozenset({"takt_target"}))


@pytest.mark.parametrize("payload", [b"\xff", b"{}", b"[3]", b"[{}]",
                                     b'[{"id":"x","rulebook":"r","subject":"s","at":"2026-01-01","outcome":"o","values":{},"amends":""}]'])
def test_what_cannot_be_read_is_told_and_left_out(store: StateStore, payload: bytes) -> None:
    worker = DistrictWorker(store, lambda _: None)
    worker.feed(messages(("qiantang/1/small/findings", payload, 1)))
    assert recorded(store) == []
    assert worker.counters.counts.get("garbled", 0) == (payload != b"{}")


def test_a_plant_speaks_for_itself_only_and_says_what_its_ids_say(store: StateStore) -> None:
    up, worker = Upward(SMALL, EVERYTHING), DistrictWorker(store, lambda _: None)
    up.findings(findings()[:1])
    (_, _), (topic, payload) = ((p.topic, p.payload) for p in up.connected(1).publications)
    forged = payload.replace(b"nelson_1", b"nelson_2")
    told = worker.feed(messages((topic.replace("small", "other"), payload, 1), (topic, forged, 1))).notices
    assert recorded(store) == []
    assert worker.counters.counts["refused"] == 2
    assert "its content does not give its id" in told[1].told.en


def test_what_was_said_just_before_a_loss_is_said_again() -> None:
    up = Upward(SMALL, EVERYTHING)
    up.findings(findings())
    assert len(up.connected(1).publications) == 2
    assert up.tick(2).publications == ()
    assert len(up.connected(3).publications) == 2
    assert len(up.connected(200_000_000).publications) == 1


class Listener:
    """Takes notices."""

    async def deliver(self, delivery: Delivery) -> None:
        delivery.settle()

    def notice(self, notice: Notice) -> None:
        """Nothing follows."""


@pytest.mark.needs("mosquitto")
def test_three_workers_share_what_many_plants_publish_over_mosquitto(tmp_path: Path, store: StateStore) -> None:
    from dataclasses import replace

    broker = Mosquitto(tmp_path)
    rows: list = []
    workers = [DistrictWorker(store, rows.append) for _ in range(3)]
    ups = [Upward(replace(SMALL, id=f"plant-{k}"), EVERYTHING) for k in range(12)]

    async def talk() -> None:
        listening = [MqttWire(w, MqttSettings(port=broker.port, shared="district", client=f"w{k}")) for k, w in enumerate(workers)]
        saying = [MqttWire(up, MqttSettings(port=broker.port)) for up in ups]
        tasks = [asyncio.create_task(w.run(Listener())) for w in listening]
        while not all(w.connected for w in listening):
            await asyncio.sleep(0.01)
        tasks += [asyncio.create_task(w.run(Listener())) for w in saying]
        for k, up in enumerate(ups):
            up.findings(findings())
            up.figures({"plant": f"plant-{k}", "on": "2026-11-26", "signals": k})
        for _ in range(1000):
            if len(rows) == 12 and len(recorded(store)) == 36:
                break
            await asyncio.sleep(0.02)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    try:
        asyncio.run(talk())
    finally:
        broker.stop()
    found = recorded(store)
    assert len(found) == 36
    assert {f.subject for f in found} == {f"plant-{k}" for k in range(12)}
    assert {f.rulebook for f in found} == {RULEBOOK}
    assert sorted(int(json.loads(json.dumps(r))["signals"]) for r in rows) == list(range(12))
    assert sum(1 for w in workers if w.counters.counts) > 1
