"""The line inside the process does the mischief it is told, by its seed, and the host behind it loses nothing that was acknowledged."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from qiantang.kernel.readings import Directory, Quality, together
from qiantang.links.loopback import Loopback, LoopbackWire, Member, Mischief, fits
from qiantang.links.messages import Publication, now_us
from qiantang.links.sparkplug.edge import EdgeNode, EdgeSettings, Measured
from qiantang.links.sparkplug.host import SparkplugHost
from qiantang.links.sparkplug.nodes import State
from tests.links.receiving import Kept, beside

T0 = 1_700_000_000_000_000
MS, SECOND = 1_000, 1_000_000
METRICS = [Measured("P1", "a"), Measured("P1", "b"), Measured("P2", "c")]


class Plant:
    """An edge and a host on one line, driven by hand."""

    def __init__(self, mischief: Mischief | None = None, seed: int = 0, qos: int = 0, primary: bool = True) -> None:
        self.line = Loopback(mischief, seed)
        self.host, self.node = SparkplugHost("district", Directory()), EdgeNode("G", "E", METRICS, EdgeSettings(host="district" if primary else "", qos=qos))
        self.at_host, self.at_edge = self.line.join(self.host), self.line.join(self.node)
        self.now, self.put_so_far = T0, 0
        self.pieces = []
        for member in (self.at_host, self.at_edge):
            self.pieces.append(member.connect(self.now).readings)

    def step(self, ms: int = 10) -> None:
        self.now += ms * MS
        for member in (self.at_edge, self.at_host):
            if member.online:
                for said, settle in member.advance(self.now):
                    self.pieces.append(said.readings)
                    settle()

    def put(self, many: int = 3) -> None:
        numbers = np.arange(self.put_so_far, self.put_so_far + many)
        self.put_so_far += many
        sent = self.node.put(numbers % 3, np.full(many, self.now), numbers.astype(float), self.now)
        self.line.publish(sent, self.now)

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.put()
            self.step()

    @property
    def got(self) -> list[float]:
        found = together(self.pieces)
        return [float(value) for value in found.value[(found.quality & (Quality.STALE | Quality.NOT_A_NUMBER)) == 0]]


def test_without_mischief_everything_arrives_once_and_in_order() -> None:
    plant = Plant()
    plant.step()
    plant.step()
    plant.run(100)
    plant.step()
    assert plant.got == [float(i) for i in range(300)]


def test_the_same_seed_does_the_same_and_another_seed_something_else() -> None:
    mischief = Mischief(garbled=0.05, lost=0.05, repeated=0.1, reordered=0.1, delay_us=20 * MS)

    def told(seed: int) -> tuple[list[float], dict[str, int], dict[str, int]]:
        plant = Plant(mischief, seed)
        plant.run(200)
        return plant.got, plant.line.counters.counts, plant.host.counters.counts

    assert told(1) == told(1)
    assert told(1) != told(2)


def test_repeated_and_reordered_messages_lose_and_double_nothing() -> None:
    plant = Plant(Mischief(repeated=0.2, reordered=0.2, delay_us=30 * MS, spared=("spBv1.0/STATE", "spBv1.0/G/NBIRTH", "spBv1.0/G/DBIRTH")))
    for _ in range(5):
        plant.step()
    plant.run(300)
    for _ in range(400):
        plant.step()
    assert plant.line.counters.counts["repeated"] > 50
    assert plant.line.counters.counts["reordered"] > 50
    assert sorted(plant.got) == [float(i) for i in range(900)]
    assert plant.host.counters.counts["repeat"] > 50


@pytest.mark.parametrize("seed", range(5))
def test_lost_and_garbled_messages_are_noticed_by_their_count_and_the_edge_is_asked(seed: int) -> None:
    plant = Plant(Mischief(garbled=0.02, lost=0.02, spared=("spBv1.0/STATE", "spBv1.0/G/N", "spBv1.0/G/DBIRTH")), seed)
    plant.run(500)
    for _ in range(500):
        plant.step()
    done = plant.line.counters.counts
    assert done["lost"] > 5
    assert plant.host.counters.counts["gap"] > 0
    assert plant.node.counters.counts["rebirth"] > 0
    news = [v for v in plant.got if v == int(v)]
    assert len(set(news)) >= 1500 - 2 * (done["lost"] + done["garbled"]), "no more is lost than what the line lost (a message holds at most two)"
    assert plant.host.state("G", "E") is State.ONLINE


def test_a_cut_line_leaves_stale_values_and_what_was_stored_comes_as_history() -> None:
    plant = Plant()
    plant.step()
    plant.step()
    plant.run(10)
    plant.at_edge.cut(plant.now)
    plant.step()
    assert plant.host.state("G", "E") is State.OFFLINE, "the will was published"
    plant.run(20)
    plant.at_edge.connect(plant.now)
    for _ in range(10):
        plant.step()
    assert set(plant.got) >= {float(i) for i in range(90)}
    found = together(plant.pieces)
    assert np.count_nonzero(found.quality & Quality.HISTORICAL) >= 60
    assert np.count_nonzero(found.quality & Quality.STALE) >= 3


def test_what_was_not_settled_comes_again_after_a_cut() -> None:
    plant = Plant(qos=1, primary=False)
    plant.step()
    plant.put()
    plant.now += MS
    said = [one for one, _ in plant.at_host.advance(plant.now)]
    assert sum(len(one.readings) for one in said) == 3, "taken, but the consumer dies before it is safe"
    plant.at_host.cut(plant.now)
    reborn = SparkplugHost("district", plant.host.directory, births=plant.host.snapshot())
    plant.at_host.translator = reborn
    plant.at_host.connect(plant.now)
    plant.pieces.clear()
    for _ in range(5):
        plant.step()
    assert set(plant.got) >= {0.0, 1.0, 2.0}, "kept until the rebirth that the new host asked for says that its aliases still hold"
    assert reborn.counters.counts["kept"] == 2


@pytest.mark.parametrize(("pattern", "topic", "fit"), [
    ("a/+/c", "a/b/c", True), ("a/+", "a/b/c", False), ("a/#", "a/b/c", True), ("#", "x", True), ("a/b", "a/b", True), ("a/b", "a/bc", False),
    ("a/b/+", "a/b", False),
    ("$share/g/a/+", "a/b", True), ("$share/g/a/+", "g/a/b", False)])
def test_filters_are_those_of_mqtt(pattern: str, topic: str, fit: bool) -> None:
    assert fits(pattern, topic) is fit


def test_the_wire_runs_members_in_real_time() -> None:
    async def story() -> None:
        line, kept, idle = Loopback(), Kept(), Kept()
        host, node = SparkplugHost("district", Directory()), EdgeNode("G", "E", METRICS, EdgeSettings(host="district"))
        members: list[Member] = [line.join(host), line.join(node)]
        taking, giving = (LoopbackWire(member, now_us) for member in members)

        async def then() -> None:
            await kept.until(lambda: node.live)
            now = now_us()
            assert giving.publish(node.put(np.arange(3), np.full(3, now), np.arange(3.0), now))
            await kept.until(lambda: set(kept.readings.value.tolist()) >= {0.0, 1.0, 2.0})

            taking.cut(100_000)
            assert taking.publish([Publication("x", b"")]) is False
            await kept.until(lambda: "lost" in kept.kinds and bool(np.any(kept.readings.quality & Quality.STALE)))
            await kept.until(lambda: taking.member.online)

        await beside((taking, kept), (giving, idle), then=then)
        assert taking.publish([Publication("x", b"")]) is False, "it has left"
        assert host.counters.counts["birth"] >= 3

    asyncio.run(story())
