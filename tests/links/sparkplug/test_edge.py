"""The edge node: its births and counts, what it stores while nobody listens, how much, and how it forwards it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qiantang.links.messages import Publication, Said, messages
from qiantang.links.sparkplug.certificates import State
from qiantang.links.sparkplug.edge import EdgeNode, EdgeSettings, Measured, fingerprint
from qiantang.links.sparkplug.encoding import Metric, payload
from qiantang.links.sparkplug.fields import DataType
from qiantang.links.sparkplug.rebirths import rebirth_request
from qiantang.links.sparkplug.stored import READING, InMemory, OnDisk, Store
from tests.links.sparkplug.reference import Payload

T0 = 1_700_000_000_000_000
SECOND = 1_000_000
METRICS = [Measured("P1", "a", DataType.DOUBLE, "°C"), Measured("P1", "b", DataType.INT32), Measured("P2", "c", DataType.BOOLEAN),
           Measured("", "d", DataType.FLOAT)]


def edge(settings: EdgeSettings | None = None, store: Store | None = None) -> EdgeNode:
    return EdgeNode("G", "E", METRICS, settings, store)


def put(node: EdgeNode, start: int, stop: int, now: int = T0) -> list[Publication]:
    numbers = np.arange(start, stop)
    return node.put(numbers % 2, now - (stop - numbers) * 1000, numbers.astype(float), now)


def online(node: EdgeNode, now: int = T0) -> Said:
    node.will(now)
    return node.connected(now)


def read(publications: list[Publication] | tuple[Publication, ...]) -> list[tuple[str, str, Any]]:
    return [(p.topic.split("/")[2], p.topic.partition("/E")[2].strip("/"), Payload.FromString(p.payload)) for p in publications]


def values(publications: list[Publication] | tuple[Publication, ...]) -> list[float]:
    return [m.v_double if m.HasField("v_double") else float(m.v_int) for _, _, found in read(publications) for m in found.metrics]


def forwarded(node: EdgeNode, seconds: float = 5.0) -> list[Publication]:
    found: list[Publication] = []
    for step in range(int(seconds * 100)):
        found += node.tick(T0 + 100 * SECOND + step * 10_000).publications
    return found


def test_births_state_every_metric_with_alias_datatype_unit_and_the_rebirth_control() -> None:
    node = edge()
    node.will(T0)
    (verb, device, nbirth), (_, _, p1), (_, p2_name, p2) = read(node.connected(T0).publications)
    assert (verb, device, p2_name) == ("NBIRTH", "", "P2")
    own = [(m.name, m.datatype, m.HasField("alias")) for m in nbirth.metrics]
    assert own == [("bdSeq", DataType.INT64, False), ("Node Control/Rebirth", DataType.BOOLEAN, False), ("d", DataType.FLOAT, True)]
    assert nbirth.metrics[1].v_bool is False
    stated = [(m.name, m.alias, m.datatype, m.is_null, [v.v_text for v in m.properties.values]) for m in p1.metrics]
    assert stated == [("a", 1, 10, True, ["°C"]), ("b", 2, 3, True, [])], "no value yet is null"
    assert [f.seq for f in (nbirth, p1, p2)] == [0, 1, 2]
    assert all(f.HasField("timestamp") and all(m.HasField("timestamp") for m in f.metrics) for f in (nbirth, p1, p2))


def test_the_bdseq_grows_with_every_connection_and_the_birth_has_that_of_its_will() -> None:
    node = edge()
    for expected in [*range(256), 0, 1]:
        will = node.will(T0)
        assert (will.topic, will.qos, will.retain) == ("spBv1.0/G/NDEATH/E", 1, False)
        death = Payload.FromString(will.payload)
        assert [(m.name, m.v_long) for m in death.metrics] == [("bdSeq", expected)]
        assert not death.HasField("seq")
        birth = Payload.FromString(node.connected(T0).publications[0].payload)
        assert birth.metrics[0].v_long == expected
        node.disconnected(T0)


def test_data_carry_aliases_alone_and_the_count_goes_round() -> None:
    node = edge()
    online(node)
    seqs = []
    for i in range(200):
        for verb, _, found in read(node.put(np.array([0, 1, 3]), np.full(3, T0), np.array([i, i, i / 2]), T0)):
            seqs.append(found.seq)
            assert verb in ("NDATA", "DDATA")
            assert all(m.HasField("alias") and not m.HasField("name") and not m.HasField("datatype") for m in found.metrics)
    assert seqs == [(3 + i) % 256 for i in range(400)]


def test_births_data_and_deaths_are_published_at_most_once_on_topics_of_their_own_and_data_only_after_the_births() -> None:
    node = edge()
    node.will(T0)
    assert node.put(np.array([0, 3]), np.full(2, T0), np.ones(2), T0) == [], "before the births nothing goes out"
    said = [*node.connected(T0).publications, *node.put(np.array([0, 2, 3]), np.full(3, T0), np.ones(3), T0), *node.device_died("P1", T0)]
    assert [(p.topic.removeprefix("spBv1.0/G/"), p.qos, p.retain) for p in said] == [
        ("NBIRTH/E", 0, False), ("DBIRTH/E/P1", 0, False), ("DBIRTH/E/P2", 0, False), ("NDATA/E", 0, False), ("DDATA/E/P1", 0, False),
        ("DDATA/E/P2", 0, False), ("DDEATH/E/P1", 0, False)]
    assert all(found.HasField("timestamp") and found.HasField("seq") for _, _, found in read(said))


def test_a_rebirth_request_brings_births_of_the_same_session_with_the_values_of_now() -> None:
    node = edge()
    online(node)
    put(node, 0, 2)
    request = rebirth_request("G", "E", T0)
    births = read(node.feed(messages((request.topic, request.payload, T0))).publications)
    assert [verb for verb, _, _ in births] == ["NBIRTH", "DBIRTH", "DBIRTH"]
    assert births[0][2].metrics[0].v_long == 0, "the same bdSeq"
    assert [m.v_double or m.v_int for m in births[1][2].metrics] == [0.0, 1]
    for topic, content in (("spBv1.0/G/NCMD/E", payload(1, [Metric("Node Control/Rebirth", DataType.BOOLEAN, False)])), ("spBv1.0/G/NCMD/E", b"\xff"),
                           ("spBv1.0/G/NCMD/other", request.payload), ("x", b"")):
        assert node.feed(messages((topic, content, T0))).publications == ()


def test_a_device_that_dies_and_comes_back_is_told_with_counts() -> None:
    node = edge()
    online(node)
    (died,), (back,) = read(node.device_died("P1", T0)), read(node.device_back("P1", T0))
    assert (died[0], died[1], back[0], back[1]) == ("DDEATH", "P1", "DBIRTH", "P1")
    assert [died[2].seq, back[2].seq] == [3, 4]
    node.device_died("P2", T0)
    assert [device for _, device, _ in read(node.connected(T0).publications)] == ["", "P1"], "the dead are not born"


def test_what_is_read_while_nobody_listens_is_forwarded_as_historical_with_its_own_instants() -> None:
    node = edge()
    assert put(node, 0, 1000) == []
    online(node)
    sent = forwarded(node)
    assert values(sent) == [float(i) for i in range(1000)]
    metrics = [m for _, _, found in read(sent) for m in found.metrics]
    assert all(m.is_historical for m in metrics)
    assert [m.timestamp for m in metrics] == [T0 // 1000 - 1000 + i for i in range(1000)]
    assert len(node.store) == 0


def test_what_was_sent_just_before_the_line_broke_is_sent_again() -> None:
    node = edge(EdgeSettings(doubtful_us=3 * SECOND))
    online(node)
    put(node, 0, 10, T0)
    put(node, 10, 20, T0 + 4 * SECOND)
    node.disconnected(T0 + 5 * SECOND)
    online(node)
    assert values(forwarded(node)) == [float(i) for i in range(10, 20)]


def test_forwarding_is_no_faster_than_allowed() -> None:
    node = edge(EdgeSettings(forwarded_a_second=1000))
    put(node, 0, 5000)
    online(node)
    assert len(values(forwarded(node, seconds=2.0))) == pytest.approx(2000, abs=50)
    assert len(node.store) == pytest.approx(3000, abs=50)


def test_an_offline_primary_host_of_an_earlier_time_is_not_believed() -> None:
    node = edge(EdgeSettings(host="district"))
    assert online(node).publications == ()
    topic = "spBv1.0/STATE/district"
    assert node.feed(messages(("spBv1.0/STATE/other", State(True, 5).published("other").payload, T0))).publications == ()
    assert len(node.feed(messages((topic, State(True, 5).published("district").payload, T0))).publications) == 3
    older = node.feed(messages((topic, State(False, 4).published("district").payload, T0)))
    assert (older.publications, older.leave) == ((), False)
    assert node.live
    gone = node.feed(messages((topic, State(False, 5).published("district").payload, T0)))
    assert gone.leave
    assert [verb for verb, _, _ in read(gone.publications)] == ["NDEATH"]
    assert not node.live


@pytest.mark.parametrize("name", ["", "a/b", "+"])
def test_an_edge_node_with_a_reserved_name_or_a_metric_that_is_neither_number_nor_text_is_refused(name: str) -> None:
    with pytest.raises(Exception, match="contains"):
        EdgeNode("G", name, METRICS)
    with pytest.raises(ValueError, match="numeric"):
        EdgeNode("G", "E", [Measured("P1", "a", DataType.DATASET)])


def test_a_text_goes_out_with_its_sum_in_the_count_of_its_node_and_a_birth_states_what_it_is_to_state() -> None:
    node = EdgeNode("G", "E", [Measured("P1", "a"), Measured("", "last", DataType.STRING)])
    assert node.tell(1, "before anybody listens", T0) == []
    node.will(T0)
    nbirth = read(node.connected(T0).publications)[0][2]
    stated = next(m for m in nbirth.metrics if m.name == "last")
    assert (stated.v_text, stated.alias, stated.datatype) == ("before anybody listens", 2, DataType.STRING)
    (verb, device, found), = read(node.tell(1, "轮胎", T0 + SECOND, at_birth="这些轮胎"))
    metric, = found.metrics
    assert (verb, device, found.seq, metric.alias, metric.v_text) == ("NDATA", "", 2, 2, "轮胎")
    assert not metric.HasField("name")
    assert not metric.HasField("datatype")
    assert metric.metadata.md5 == hashlib.md5("轮胎".encode(), usedforsecurity=False).hexdigest()
    again = read(node.connected(T0 + 2 * SECOND).publications)[0][2]
    assert next(m.v_text for m in again.metrics if m.name == "last") == "这些轮胎"
    with pytest.raises(ValueError, match="text"):
        node.tell(0, "no text", T0)


# Stores.

def rows(start: int, stop: int) -> NDArray[np.void]:
    made = np.zeros(stop - start, READING)
    made["value"] = np.arange(start, stop)
    return made


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 60)), max_size=30))
def test_a_store_in_memory_gives_what_came_first_and_forgets_the_oldest(steps: list[tuple[bool, int]]) -> None:
    store, model, at = InMemory(100 * READING.itemsize), list[float](), 0
    dropped = 0
    for giving, many in steps:
        if giving:
            store.append(rows(at, at + many))
            model += range(at, at + many)
            at += many
            dropped += max(len(model) - 100, 0)
            model = model[-100:]
        else:
            assert store.take(many)["value"].tolist() == model[:many]
            model = model[many:]
        assert (len(store), store.dropped) == (len(model), dropped)


def test_a_store_on_disk_is_bounded_and_found_again_after_a_kill(tmp_path: Path) -> None:
    of = fingerprint(METRICS)
    store = OnDisk(tmp_path, of, most_bytes=10 * 100 * READING.itemsize, segment_bytes=100 * READING.itemsize)
    for start in range(0, 2000, 50):
        store.append(rows(start, start + 50))
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 11 * 100 * READING.itemsize
    assert store.dropped == 1000
    assert store.take(130)["value"].tolist() == [float(i) for i in range(1000, 1130)]
    last = max(tmp_path.glob("*.readings"))
    with last.open("ab") as file:
        file.write(b"half a row")
    again = OnDisk(tmp_path, of, segment_bytes=100 * READING.itemsize)
    assert again.take(10_000)["value"].tolist() == [float(i) for i in range(1100, 2000)], "what was begun to be taken is given again"
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_no_more_loses_only_what_cannot_be_kept(tmp_path: Path) -> None:
    store = OnDisk(tmp_path / "store", segment_bytes=100 * READING.itemsize)
    store.append(rows(0, 50))
    store.append(rows(50, 100))
    for path in (tmp_path / "store").iterdir():
        path.rename(tmp_path / path.name)
    (tmp_path / "store").rmdir()
    (tmp_path / "store").write_text("no folder any more")
    store.append(rows(100, 150))
    assert (len(store), store.dropped) == (100, 50)
    (tmp_path / "store").unlink()
    (tmp_path / "store").mkdir()
    for path in tmp_path.glob("*.readings"):
        path.rename(tmp_path / "store" / path.name)
    store.append(rows(150, 200))
    assert store.take(1000)["value"].tolist() == [*range(100), *range(150, 200)]


def test_a_store_of_other_metrics_is_dropped_and_counted(tmp_path: Path) -> None:
    OnDisk(tmp_path, fingerprint(METRICS)).append(rows(0, 7))
    other = OnDisk(tmp_path, fingerprint(METRICS[:2]))
    assert (len(other), other.dropped) == (0, 7)


def test_an_edge_that_is_killed_while_offline_forwards_what_is_on_disk(tmp_path: Path) -> None:
    put(edge(store=OnDisk(tmp_path, fingerprint(METRICS))), 0, 500)
    node = edge(store=OnDisk(tmp_path, fingerprint(METRICS)))
    online(node)
    assert values(forwarded(node)) == [float(i) for i in range(500)]


def test_what_did_not_fit_is_counted() -> None:
    node = edge(store=InMemory(100 * READING.itemsize))
    put(node, 0, 250)
    assert node.counters.counts["dropped"] == 150
    online(node)
    assert values(forwarded(node)) == [float(i) for i in range(150, 250)]
