"""Eclipse Tahu's edge node and codec (independent, from npm) against our host, our codec and our edge node, over a real broker."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qiantang.kernel.readings import Directory, Quality
from qiantang.links.mqtt import MqttWire
from qiantang.links.mqtt_settings import MqttSettings
from qiantang.links.sparkplug.decoding import decode
from qiantang.links.sparkplug.edge import EdgeNode, Measured
from qiantang.links.sparkplug.encoding import Metric, payload
from qiantang.links.sparkplug.fields import DataType, Has
from qiantang.links.sparkplug.host import SparkplugHost
from qiantang.links.sparkplug.nodes import State
from qiantang.links.sparkplug.rebirths import rebirth_request
from tests.links.receiving import Kept, beside
from tests.links.sparkplug.reference import Payload
from tests.mosquitto import Mosquitto
from tests.npm import npm_packages, started_node

HERE = Path(__file__).parent
PACKAGES = ("sparkplug-client@3.2.4", "sparkplug-payload@1.0.3")
T0 = 1_700_000_000_000


@contextmanager
def tahu_edge(broker: Mosquitto, many: int, waits: str = "") -> Iterator[subprocess.Popen[str]]:
    process = started_node(npm_packages(*PACKAGES), HERE / "independent_edge.js", f"mqtt://127.0.0.1:{broker.port}", str(many), *([waits] if waits else []))
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def tahu_codec(way: str, lines: list[str], tmp_path: Path) -> list[str]:
    file = tmp_path / "lines"
    file.write_text("\n".join(lines), encoding="utf-8")
    process = started_node(npm_packages(*PACKAGES), HERE / "independent_codec.js", way, str(file))
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return said.splitlines()


def of(kept: Kept, host: SparkplugHost, name: str) -> list[float]:
    """The values of a metric that are news, in their order."""
    found = kept.readings
    which = (found.signal == host.directory.known(name)) & (found.quality & Quality.STALE == 0)
    return [float(value) for value in found.value[which]]


def test_an_independent_edge_is_born_sends_without_a_gap_and_dies(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        kept, host = Kept(), SparkplugHost("district", Directory())
        wire = MqttWire(host, MqttSettings(port=mosquitto.port))

        async def then() -> None:
            await kept.until(lambda: wire.connected)
            with tahu_edge(mosquitto, 600) as edge:
                await kept.until(lambda: "death" in kept.kinds, seconds=60)
                assert of(kept, host, "G/E/P1/temperature") == [170.5, *(i / 8 for i in range(1, 601))]
                assert of(kept, host, "G/E/P1/count") == [float(i) for i in range(601)]
                assert of(kept, host, "G/E/P1/offset") == [-3.0, *(float(-i) for i in range(1, 601))]
                assert of(kept, host, "G/E/P1/on") == [1.0, *(float(i % 2) for i in range(1, 601))]
                assert host.state("G", "E") is State.ONLINE, "only the device died"
                edge.kill()
                await kept.until(lambda: host.state("G", "E") is State.OFFLINE)
            stale = kept.readings.quality & Quality.STALE != 0
            assert np.count_nonzero(stale) == 4 + 1, "four signals of the device, one of the node"

        await beside((wire, kept), then=then)
        assert host.counters.counts["text"] == 1, "the recipe is a text"
        assert not {"gap", "garbled", "unknown", "unborn", "kind"} & host.counters.counts.keys()
        assert {m.name: m.unit for m in host.births if m.unit} == {"temperature": "°C"}

    asyncio.run(story())


def test_an_independent_edge_that_was_born_before_the_host_is_asked_and_born_again(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        with tahu_edge(mosquitto, 200, waits="yes") as edge:
            assert edge.stdout is not None
            assert edge.stdout.readline().strip() == "born"
            kept, host = Kept(), SparkplugHost("district", Directory())
            wire = MqttWire(host, MqttSettings(port=mosquitto.port))
            await beside((wire, kept), then=lambda: kept.until(lambda: "death" in kept.kinds, seconds=60))
            assert edge.stdout.readline().strip() == "asked"
            assert of(kept, host, "G/E/P1/count") == [float(i) for i in range(201)]
            assert host.counters.counts["rebirth"] >= 1
            assert host.counters.counts["unborn"] >= 1

    asyncio.run(story())


def test_the_independent_codec_reads_our_births_data_deaths_and_commands(tmp_path: Path) -> None:
    node = EdgeNode("G", "E", [Measured("P1", "温度", DataType.DOUBLE, "°C"), Measured("P1", "n", DataType.INT32), Measured("P1", "u", DataType.UINT64),
                               Measured("", "on", DataType.BOOLEAN), Measured("", "f", DataType.FLOAT)])
    will = node.will(T0 * 1000)
    nbirth, dbirth = node.connected(T0 * 1000).publications
    ndata, ddata = node.put(np.array([0, 1, 2, 3, 4, 0]), np.full(6, T0 * 1000 + 5000), np.array([1.5, -7, 2**40, 1, 0.25, np.nan]), T0 * 1000 + 5000)
    request = rebirth_request("G", "E", T0 * 1000)
    read = [json.loads(line) for line in tahu_codec("read", [p.payload.hex() for p in (will, nbirth, dbirth, ndata, ddata, request)], tmp_path)]
    death, node_birth, device_birth, node_data, device_data, command = read

    def metrics(of: dict[str, Any]) -> list[tuple[Any, ...]]:
        return [(m.get("name"), m.get("alias"), m.get("type"), m.get("value")) for m in of["metrics"]]

    assert metrics(death) == [("bdSeq", None, "Int64", "0")]
    assert "seq" not in death
    assert node_birth["seq"] in (0, "0")
    assert metrics(node_birth)[:2] == [("bdSeq", None, "Int64", "0"), ("Node Control/Rebirth", None, "Boolean", False)]
    assert [(name, alias, kind) for name, alias, kind, _ in metrics(device_birth)] == [("温度", "1", "Double"), ("n", "2", "Int32"), ("u", "3", "UInt64")]
    assert device_birth["metrics"][0]["properties"]["engUnit"]["value"] == "°C"
    assert [(str(m["alias"]), m["timestamp"]) for m in node_data["metrics"]] == [("4", str(T0 + 5)), ("5", str(T0 + 5))]
    assert [str(m["alias"]) for m in device_data["metrics"]] == ["1", "2", "3", "1"]
    assert [int(s["seq"]) for s in (node_birth, device_birth, node_data, device_data)] == [0, 1, 2, 3]
    assert metrics(command) == [("Node Control/Rebirth", None, "Boolean", True)]


@pytest.mark.parametrize("lot", [0, 1])
def test_what_the_independent_codec_writes_is_read_by_us_as_by_protobuf(tmp_path: Path, lot: int) -> None:
    dice = np.random.default_rng(lot)
    kinds = ["Int8", "Int16", "Int32", "UInt8", "UInt16", "Float", "Double", "Boolean", "String"]
    said = [{"timestamp": T0 + i, "seq": i % 256, "metrics": [
        {"name": f"m{k}", "alias": k, "timestamp": T0 + i, "type": kind, "isHistorical": bool(dice.integers(2)),
         "value": {"Boolean": bool(i % 2), "String": f"文{i}", "Float": i / 4, "Double": -i / 3}.get(kind, int(dice.integers(0, 100)))}
        for k, kind in enumerate(kinds)]} for i in range(300)]
    raws = [bytes.fromhex(line) for line in tahu_codec("write", [json.dumps(one) for one in said], tmp_path)]
    found = decode(raws)
    assert found.fine.all()
    for i, raw in enumerate(raws):
        reference = Payload.FromString(raw)
        ours = found.metrics[found.first[i]:found.first[i + 1]]
        assert [found.name(int(j)) for j in range(found.first[i], found.first[i + 1])] == [m.name for m in reference.metrics]
        assert ours["alias"].tolist() == [m.alias for m in reference.metrics]
        assert ours["datatype"].tolist() == [m.datatype for m in reference.metrics]
        assert [bool(h & Has.HISTORICAL) for h in ours["has"].tolist()] == [m.is_historical for m in reference.metrics]
        assert ours["bits"][6] == np.float64(said[i]["metrics"][6]["value"]).view(np.uint64)  # type: ignore[index]  # the test's own figures


def test_a_payload_is_the_same_bytes_whether_made_by_protobuf_or_by_us() -> None:
    metrics = [Metric("温度", DataType.DOUBLE, 1.5, 3, T0, {"engUnit": "°C", "Quality": 192}), Metric("n", DataType.INT16, -3, 4),
               Metric("gone", DataType.FLOAT)]
    ours = payload(T0, metrics, 9)
    made = Payload(timestamp=T0, seq=9)
    first = made.metrics.add(name="温度", alias=3, timestamp=T0, datatype=10, v_double=1.5)
    first.properties.keys.extend(["engUnit", "Quality"])
    first.properties.values.add(type=12, v_text="°C")
    first.properties.values.add(type=3, v_int=192)
    made.metrics.add(name="n", alias=4, datatype=2, v_int=2**32 - 3)
    made.metrics.add(name="gone", datatype=9, is_null=True)
    assert Payload.FromString(ours) == made
    assert ours == made.SerializeToString()
