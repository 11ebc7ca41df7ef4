"""What host and edge node put on the line, as a real broker logs it packet by packet, and what it publishes when they vanish."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from qiantang.kernel.readings import Directory
from qiantang.kernel.wires import Counters
from qiantang.links.messages import Listening, Messages, Publication, Said, Translator
from qiantang.links.mqtt import MqttWire
from qiantang.links.mqtt_settings import MqttSettings
from qiantang.links.sparkplug.edge import EdgeNode, EdgeSettings, Measured
from qiantang.links.sparkplug.host import HostSettings, SparkplugHost
from qiantang.links.sparkplug.nodes import State
from tests.links.receiving import Kept, beside
from tests.mosquitto import Mosquitto

pytestmark = pytest.mark.needs("mosquitto")
STATE = "spBv1.0/STATE/district"
NUMBERED = {4: "p2", 5: "p5"}
"""How mosquitto's log numbers the versions."""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    found = Mosquitto(tmp_path, telling=True)
    try:
        yield found
    finally:
        found.stop()


def wired(translator: Translator, broker: Mosquitto, client: str, version: int = 5) -> MqttWire:
    return MqttWire(translator, MqttSettings(port=broker.port, client=client, version=version, first_pause_s=0.02, farewell_s=15.0))


def packets(broker: Mosquitto, client: str) -> list[str]:
    """What a client sent, in order, in short: its connection with version, clean start and will; subscriptions; publications
    with quality, retain and topic; its leaving."""
    found: list[str] = []
    topic_of_will = connecting = False
    subscribing = False
    for line in broker.log:
        said = line.partition(": ")[2]
        if said.startswith("\t") and topic_of_will:
            found[-1] += " " + said.strip()
        elif said.startswith("\t") and subscribing:
            found.append("subscribe " + said.strip())
        topic_of_will = connecting and said.startswith("Will message specified")
        connecting = said.startswith("New client connected") and f" as {client} " in said
        subscribing = said.startswith((f"Received SUBSCRIBE from {client}", "\t")) or (subscribing and said.startswith(f"{client} "))
        if connected := re.match(rf"New client connected from \S+ as {client} \((p\d), (c\d)", said):
            found.append(f"connect {connected[1]} {connected[2]}")
        elif topic_of_will:
            found[-1] += " will " + said.rpartition("(")[2].rstrip(").")
        elif published := re.match(rf"Received PUBLISH from {client} \(d0, (q\d), (r\d), m\d+, '([^']*)'", said):
            found.append(f"publish {published[1]} {published[2]} {published[3]}")
        elif said.startswith(f"Received DISCONNECT from {client}"):
            found.append("disconnect")
    return found


class Listener(Listening):
    """Keeps what is published on some topics."""

    def __init__(self, *topics: str) -> None:
        self.subscriptions = tuple((topic, 1) for topic in topics)
        self.counters = Counters()
        self.heard: list[tuple[str, bytes]] = []

    def feed(self, batch: Messages) -> Said:
        self.heard += zip(batch.topics, batch.payloads, strict=True)
        return Said()

    def tick(self, now: int) -> Said:
        return Said()


@pytest.mark.parametrize("version", [4, 5], ids=["3.1.1", "5"])
def test_a_host_connects_clean_with_its_will_subscribes_and_only_then_publishes_its_birth(broker: Mosquitto, version: int) -> None:
    async def story() -> None:
        kept, host = Kept(), SparkplugHost("district", Directory())
        wire = wired(host, broker, "host", version)

        async def then() -> None:
            await kept.until(lambda: f"publish q1 r1 {STATE}" in packets(broker, "host"))

        await beside((wire, kept), then=then)
        await kept.until(lambda: "disconnect" in packets(broker, "host"))
        sent = packets(broker, "host")
        assert sent[0] == f"connect {NUMBERED[version]} c1 will r1, q1 {STATE}"
        subscriptions = [one for one in sent if one.startswith("subscribe")]
        assert subscriptions[0] == f"subscribe {STATE} (QoS 1)"
        assert sent[1:1 + len(subscriptions)] == subscriptions, "before anything is published"
        assert sent[1 + len(subscriptions):] == [f"publish q1 r1 {STATE}", f"publish q1 r1 {STATE}", "disconnect"], "birth; then death before leaving"

    asyncio.run(story())


def test_the_certificates_tell_each_connection_apart(broker: Mosquitto) -> None:
    async def story() -> None:
        kept, idle, listener, host = Kept(), Kept(), Listener(STATE), SparkplugHost("district", Directory())
        wire, listening = wired(host, broker, "host"), wired(listener, broker, "listener")

        async def then() -> None:
            await idle.until(lambda: listening.connected and wire.connected and len(listener.heard) >= 1)
            session = wire._session
            assert session is not None
            session._transport.abort()
            await idle.until(lambda: len(listener.heard) >= 3)

        await beside((listening, idle), (wire, kept), then=then)
        birth, will, again = (json.loads(payload) for _, payload in listener.heard[:3])
        assert birth["online"] is True
        assert will == {"online": False, "timestamp": birth["timestamp"]}, "the broker publishes the will of that connection"
        assert again["online"] is True
        assert again["timestamp"] > birth["timestamp"]

    asyncio.run(story())


def test_a_secondary_host_has_no_will_and_publishes_nothing(broker: Mosquitto) -> None:
    async def story() -> None:
        kept, host = Kept(), SparkplugHost("district", Directory(), HostSettings(primary=False))
        wire = wired(host, broker, "second")
        await beside((wire, kept), then=lambda: kept.until(lambda: wire.connected))
        await kept.until(lambda: "disconnect" in packets(broker, "second"))
        sent = packets(broker, "second")
        assert sent[0] == "connect p5 c1"
        assert not [one for one in sent if one.startswith("publish")]

    asyncio.run(story())


@pytest.mark.parametrize("version", [4, 5], ids=["3.1.1", "5"])
def test_the_host_asks_for_a_rebirth_at_most_once_and_not_retained(broker: Mosquitto, version: int) -> None:
    async def story() -> None:
        kept, idle, host = Kept(), Kept(), SparkplugHost("district", Directory())
        node = EdgeNode("G", "E", [Measured("P1", "x"), Measured("", "y")])
        wire, giving = wired(host, broker, "host", version), wired(node, broker, "edge", version)

        async def early() -> None:
            await idle.until(lambda: "publish q0 r0 spBv1.0/G/DBIRTH/E/P1" in packets(broker, "edge"))

            async def late() -> None:
                await kept.until(lambda: wire.connected)
                giving.publish([Publication("spBv1.0/G/NDATA/E", b"\x18\x02")])
                await kept.until(lambda: host.state("G", "E") is State.ONLINE)

            await beside((wire, kept), then=late)

        await beside((giving, idle), then=early)
        assert "publish q0 r0 spBv1.0/G/NCMD/E" in packets(broker, "host")
        edge = packets(broker, "edge")
        assert edge[0] == f"connect {NUMBERED[version]} c1 will r0, q1 spBv1.0/G/NDEATH/E"
        assert edge[1:3] == ["subscribe spBv1.0/G/NCMD/E (QoS 1)", "subscribe spBv1.0/G/DCMD/E/+ (QoS 1)"]
        assert edge[3:5] == ["publish q0 r0 spBv1.0/G/NBIRTH/E", "publish q0 r0 spBv1.0/G/DBIRTH/E/P1"]
        assert edge.count("publish q0 r0 spBv1.0/G/NBIRTH/E") == 2, "born again when asked"
        await idle.until(lambda: "disconnect" in packets(broker, "edge"))
        assert packets(broker, "edge")[-2:] == ["publish q1 r0 spBv1.0/G/NDEATH/E", "disconnect"], "its death before leaving"

    asyncio.run(story())


def test_an_edge_node_leaves_when_its_primary_host_is_offline_and_comes_again(broker: Mosquitto) -> None:
    async def story() -> None:
        idle, node = Kept(), EdgeNode("G", "E", [Measured("P1", "x")], EdgeSettings(host="district"))
        giving = wired(node, broker, "edge")
        host, kept = SparkplugHost("district", Directory()), Kept()
        wire = wired(host, broker, "host")

        async def then() -> None:
            await beside((wire, kept), then=lambda: idle.until(lambda: node.live))
            await idle.until(lambda: len([one for one in packets(broker, "edge") if one.startswith("connect")]) == 2)
            assert "publish q1 r0 spBv1.0/G/NDEATH/E" in packets(broker, "edge")

        await beside((giving, idle), then=then)

    asyncio.run(story())
