"""The MQTT wire against a real mosquitto: what arrives, when it is acknowledged, what is bounded, and how it comes back."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from qiantang.kernel.readings import Directory, Quality, readings
from qiantang.kernel.wires import Counters
from qiantang.links.messages import Listening, Messages, Publication, Said, now_us
from qiantang.links.mqtt import MqttWire
from qiantang.links.mqtt_settings import MqttSettings
from qiantang.links.sparkplug.edge import EdgeNode, EdgeSettings, Measured
from qiantang.links.sparkplug.fields import DataType
from qiantang.links.sparkplug.host import HostSettings, SparkplugHost
from qiantang.links.sparkplug.nodes import State
from tests.links.receiving import Kept, beside
from tests.mosquitto import Mosquitto


class Numbers(Listening):
    """A translator whose payloads are whole numbers, one a message."""

    def __init__(self, *topics: str, qos: int = 1) -> None:
        self.subscriptions = tuple((topic, qos) for topic in topics)
        self.counters = Counters()
        self.lost = 0

    def disconnected(self, now: int) -> Said:
        self.lost += 1
        return Said()

    def feed(self, batch: Messages) -> Said:
        self.counters.add("batches")
        return Said(readings(np.zeros(len(batch)), batch.received, [float(payload) for payload in batch.payloads]))

    def tick(self, now: int) -> Said:
        return Said()


def settings(broker: Mosquitto, **more: object) -> MqttSettings:
    return MqttSettings(port=broker.port, first_pause_s=0.05, longest_pause_s=0.2, **more)  # type: ignore[arg-type]  # by name, as the test gives them


def numbered(start: int, stop: int, topic: str = "n", qos: int = 1) -> list[Publication]:
    return [Publication(topic, str(i).encode(), qos) for i in range(start, stop)]


def whole(kept: Kept) -> list[int]:
    return [int(value) for value in kept.readings.value]


@pytest.mark.parametrize("version", [4, 5], ids=["3.1.1", "5"])
@pytest.mark.parametrize("qos", [0, 1])
def test_messages_arrive_once_each_and_in_order(mosquitto: Mosquitto, version: int, qos: int) -> None:
    async def story() -> None:
        kept, idle = Kept(), Kept()
        taking, giving = MqttWire(Numbers("n"), settings(mosquitto, version=version)), MqttWire(Numbers(), settings(mosquitto, version=version))

        async def then() -> None:
            await kept.until(lambda: taking.connected and giving.connected)
            assert giving.publish(numbered(0, 2000, qos=qos))
            await kept.until(lambda: len(kept.readings) >= 2000)

        await beside((taking, kept), (giving, idle), then=then)
        assert whole(kept) == list(range(2000))
        assert taking.counters.counts["batches"] < 500, "messages are taken many at once"
        assert kept.kinds == ["connected"]

    asyncio.run(story())


def test_an_error_that_nobody_foresaw_is_raised_once_the_translator_knows_that_the_connection_is_gone(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        kept, idle, numbers = Kept(), Kept(), Numbers("n")
        stumbling, giving = MqttWire(numbers, settings(mosquitto)), MqttWire(Numbers(), settings(mosquitto))
        running = asyncio.create_task(stumbling.run(kept))

        async def then() -> None:
            await kept.until(lambda: stumbling.connected and giving.connected)
            giving.publish([Publication("n", b"no number", 0)])
            with pytest.raises(ValueError, match="no number"):
                await running

        await beside((giving, idle), then=then)
        assert numbers.lost == 1
        assert not stumbling.connected

    asyncio.run(story())


def test_what_is_not_settled_when_the_consumer_dies_is_sent_again(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        first, second, idle = Kept(settling=False), Kept(), Kept()
        giving = MqttWire(Numbers(), settings(mosquitto))
        kept_session = settings(mosquitto, client="node", session_s=60)
        dying = MqttWire(Numbers("n"), kept_session)
        running = asyncio.create_task(dying.run(first))

        async def then() -> None:
            await first.until(lambda: dying.connected and giving.connected)
            giving.publish(numbered(0, 5))
            await first.until(lambda: len(first.readings) == 5)
            for delivery in first.deliveries:
                delivery.settle()
            giving.publish(numbered(5, 10))
            await first.until(lambda: len(first.readings) == 10)
            await asyncio.sleep(0.05)
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            giving.publish(numbered(10, 15))
            again = MqttWire(Numbers("n"), kept_session)
            await beside((again, second), then=lambda: second.until(lambda: len(second.readings) >= 10))

        await beside((giving, idle), then=then)
        assert whole(second) == list(range(5, 15)), "the settled are gone, the others come again, none is lost"

    asyncio.run(story())


def test_a_later_batch_that_is_settled_first_is_not_acknowledged_before_the_earlier(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        first, second, idle = Kept(settling=False), Kept(), Kept()
        giving, kept_session = MqttWire(Numbers(), settings(mosquitto)), settings(mosquitto, client="node", session_s=60)
        dying = MqttWire(Numbers("n"), kept_session)
        running = asyncio.create_task(dying.run(first))

        async def then() -> None:
            await first.until(lambda: dying.connected and giving.connected)
            for start in (0, 3):
                giving.publish(numbered(start, start + 3))
                await first.until(lambda start=start: len(first.readings) == start + 3)  # type: ignore[misc]  # a lambda's default
            first.deliveries[-1].settle()
            await asyncio.sleep(0.05)
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            again = MqttWire(Numbers("n"), kept_session)
            await beside((again, second), then=lambda: second.until(lambda: len(second.readings) >= 6))

        await beside((giving, idle), then=then)
        assert whole(second) == list(range(6))

    asyncio.run(story())


def test_the_receive_maximum_holds_back_the_broker_until_settled(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        kept, idle = Kept(settling=False), Kept()
        taking, giving = MqttWire(Numbers("n"), settings(mosquitto, receive_maximum=10)), MqttWire(Numbers(), settings(mosquitto))

        async def then() -> None:
            await kept.until(lambda: taking.connected and giving.connected)
            giving.publish(numbered(0, 100))
            await kept.until(lambda: len(kept.readings) == 10)
            await asyncio.sleep(0.2)
            assert len(kept.readings) == 10
            kept.settling = True
            for delivery in kept.deliveries:
                delivery.settle()
            await kept.until(lambda: len(kept.readings) == 100)

        await beside((taking, kept), (giving, idle), then=then)
        assert whole(kept) == list(range(100))

    asyncio.run(story())


def test_deliveries_may_be_settled_from_another_thread(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        kept, idle = Kept(settling=False), Kept()
        taking, giving = MqttWire(Numbers("n"), settings(mosquitto, receive_maximum=10)), MqttWire(Numbers(), settings(mosquitto))

        async def then() -> None:
            await kept.until(lambda: taking.connected and giving.connected)
            giving.publish(numbered(0, 50))
            settled = 0
            while settled < 50:
                await kept.until(lambda settled=settled: len(kept.readings) > settled)  # type: ignore[misc]  # a lambda's default
                new, settled = kept.deliveries[:], len(kept.readings)
                kept.deliveries.clear()
                done.extend(int(v) for d in new for v in d.readings.value)
                for delivery in new:
                    await asyncio.to_thread(delivery.settle)
                settled = 0 if len(done) < 50 else 50

        done: list[int] = []
        await beside((taking, kept), (giving, idle), then=then)
        assert done == list(range(50))

    asyncio.run(story())


def test_a_receiver_that_does_not_take_stops_the_reading_and_bounds_what_waits(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        kept, idle = Kept(), Kept()
        taking = MqttWire(Numbers("n"), settings(mosquitto, most_waiting=20_000, receive_maximum=60_000))
        giving = MqttWire(Numbers(), settings(mosquitto, most_unsent=2**30))

        async def then() -> None:
            await kept.until(lambda: taking.connected and giving.connected)
            kept.gate.clear()
            giving.publish(numbered(0, 50_000))
            session = taking._session
            assert session is not None
            await kept.until(lambda: not session._transport.is_reading())
            await asyncio.sleep(0.3)
            assert session._bytes < 20_000 + 2**20, "one read of the socket more at most"
            assert len(session._waiting) < 50_000
            kept.gate.set()
            await kept.until(lambda: len(kept.readings) == 50_000, seconds=30)

        await beside((taking, kept), (giving, idle), then=then)
        assert whole(kept) == list(range(50_000)), "held back, not lost"
        assert "paused" in kept.kinds

    asyncio.run(story())


def test_a_broker_that_dies_is_connected_again_and_told(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        kept, idle = Kept(), Kept()
        numbers = Numbers("n")
        taking, giving = MqttWire(numbers, settings(mosquitto)), MqttWire(Numbers(), settings(mosquitto))

        async def then() -> None:
            await kept.until(lambda: taking.connected and giving.connected)
            for round_ in range(2):
                mosquitto.stop()
                await kept.until(lambda: not taking.connected and not giving.connected)
                assert giving.publish(numbered(0, 1)) is False
                await asyncio.sleep(0.15)
                mosquitto.start()
                await kept.until(lambda: taking.connected and giving.connected)
                giving.publish(numbered(10 * round_, 10 * round_ + 10))
                await kept.until(lambda round_=round_: len(kept.readings) == 10 * round_ + 10)  # type: ignore[misc]  # a lambda's default

        await beside((taking, kept), (giving, idle), then=then)
        assert whole(kept) == list(range(20)), "the subscription stands again"
        assert numbers.lost == 2
        assert [kind for kind in kept.kinds if kind not in ("refused", "disconnected")] == ["connected", "reconnected", "reconnected"]
        assert giving.counters.counts["unsent"] == 2
        assert all(notice.told.zh and notice.told.en for notice in kept.notices)

    asyncio.run(story())


def test_a_shared_subscription_gives_each_message_to_one_of_the_workers(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        workers = [Kept() for _ in range(3)]
        wires = [MqttWire(Numbers("n/#"), settings(mosquitto, shared="plant")) for _ in workers]
        giving, idle = MqttWire(Numbers(), settings(mosquitto)), Kept()

        async def then() -> None:
            await idle.until(lambda: giving.connected and all(wire.connected for wire in wires))
            giving.publish(numbered(0, 300, topic="n/a"))
            await idle.until(lambda: sum(len(kept.readings) for kept in workers) >= 300)

        await beside(*zip(wires, workers, strict=True), (giving, idle), then=then)
        assert sorted(n for kept in workers for n in whole(kept)) == list(range(300))
        assert all(len(kept.readings) > 50 for kept in workers)

    asyncio.run(story())


def test_a_broker_that_lets_nobody_in_is_told_and_tried_again(tmp_path: Path, mosquitto: Mosquitto) -> None:
    strict = Mosquitto(tmp_path, anonymous=False)
    try:
        async def story() -> None:
            kept = Kept()
            wire = MqttWire(Numbers("n"), settings(strict, user="node", password="wrong"))
            await beside((wire, kept), then=lambda: kept.until(lambda: kept.kinds.count("refused") >= 2))
            assert "wrong" not in repr(wire.settings)

        asyncio.run(story())
    finally:
        strict.stop()


def test_a_message_with_properties_of_mqtt_5_is_read_and_acknowledged_like_any(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        kept, idle = Kept(), Kept()
        taking, giving = MqttWire(Numbers("n"), settings(mosquitto, receive_maximum=5)), MqttWire(Numbers(), settings(mosquitto))

        async def then() -> None:
            await kept.until(lambda: taking.connected and giving.connected)
            session = giving._session
            assert session is not None
            for i in range(50):
                session._client.publish("n", str(i).encode(), qos=i % 2, user_property=("line", "三"), message_expiry_interval=60)
            await kept.until(lambda: len(kept.readings) == 50)

        await beside((taking, kept), (giving, idle), then=then)
        assert sorted(whole(kept)) == list(range(50)), "25 of quality 1 pass where 5 may wait to be acknowledged"

    asyncio.run(story())


def certificate(home: Path) -> tuple[Path, Path]:
    """A key and a certificate of this machine's own, signed by itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
            .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256()))
    key_file, certificate_file = home / "key.pem", home / "certificate.pem"
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return key_file, certificate_file


def test_the_wire_speaks_tls_with_a_name_and_a_password_and_refuses_a_certificate_it_does_not_know(tmp_path: Path, mosquitto: Mosquitto) -> None:
    key, own = certificate(tmp_path)
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "node", "secret"], check=True, capture_output=True)
    broker = Mosquitto(tmp_path, False, False, f"certfile {own}", f"keyfile {key}", f"password_file {passwords}")
    try:
        async def story() -> None:
            kept, refused = Kept(), Kept()
            known, unknown = ssl.create_default_context(cafile=str(own)), ssl.create_default_context()
            wire = MqttWire(Numbers("n"), settings(broker, host="localhost", tls=known, user="node", password="secret"))
            other = MqttWire(Numbers("n"), settings(broker, host="localhost", tls=unknown, user="node", password="secret"))

            async def then() -> None:
                await kept.until(lambda: wire.connected)
                wire.publish(numbered(0, 10))
                await kept.until(lambda: len(kept.readings) == 10)
                await refused.until(lambda: "disconnected" in refused.kinds)

            await beside((wire, kept), (other, refused), then=then)
            assert whole(kept) == list(range(10))
            assert "certificate" in refused.notices[0].told.en.lower()

        asyncio.run(story())
    finally:
        broker.stop()


# The whole way: an edge node that stores and forwards, the broker, the host.

METRICS = [Measured("P1", "temperature", DataType.DOUBLE, "°C"), Measured("P1", "pressure", DataType.INT32, "kPa"), Measured("P2", "on", DataType.BOOLEAN),
           Measured("", "load", DataType.FLOAT)]


def put(node: EdgeNode, wire: MqttWire, start: int, stop: int) -> None:
    """Readings number start to stop, each its own number, a millisecond apart."""
    now = now_us()
    numbers = np.arange(start, stop)
    wire.publish(node.put(numbers % 2, now // 1000 * 1000 - (stop - numbers) * 1000, numbers.astype(float), now))


def test_edge_and_host_over_a_broker_that_dies_lose_nothing(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        kept, idle = Kept(), Kept()
        host, node = SparkplugHost("district", Directory()), EdgeNode("G", "E", METRICS, EdgeSettings(host="district"))
        taking, giving = MqttWire(host, settings(mosquitto)), MqttWire(node, settings(mosquitto))

        async def then() -> None:
            await kept.until(lambda: node.live and host.state("G", "E") is State.ONLINE)
            for start in range(0, 1000, 100):
                put(node, giving, start, start + 100)
                await asyncio.sleep(0.005)
            await kept.until(lambda: host.counters.counts.get("readings", 0) >= 1000)
            mosquitto.stop()
            await kept.until(lambda: not node.live)
            put(node, giving, 1000, 3000)
            mosquitto.start()
            await kept.until(lambda: node.live and len(node.store) == 0 and host.state("G", "E") is State.ONLINE)
            put(node, giving, 3000, 3100)
            await kept.until(lambda: {v for v in kept.readings.value if v >= 0} >= set(range(3100)))

        await beside((taking, kept), (giving, idle), then=then)
        got = kept.readings
        news = got.quality & (Quality.HISTORICAL | Quality.STALE | Quality.NOT_A_NUMBER) == 0
        history = got.quality & Quality.HISTORICAL != 0
        assert set(got.value[history].astype(int)) >= set(range(1000, 3000)), "what was stored is told as historical"
        assert set(got.value[news].astype(int)) >= set(range(1000)) | set(range(3000, 3100))
        assert np.any(got.quality & Quality.STALE), "and meanwhile the last values were stale"
        assert [m.unit for m in host.births if m.name in ("temperature", "pressure")] == ["°C", "kPa"]

    asyncio.run(story())


def test_an_edge_waits_for_its_primary_host_and_stores_while_it_is_away(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        kept, idle = Kept(), Kept()
        host, node = SparkplugHost("district", Directory()), EdgeNode("G", "E", METRICS, EdgeSettings(host="district"))
        taking, giving = MqttWire(host, settings(mosquitto)), MqttWire(node, settings(mosquitto))

        async def then() -> None:
            await idle.until(lambda: giving.connected)
            await asyncio.sleep(0.1)
            assert not node.live, "no host, no birth"
            put(node, giving, 0, 100)
            await beside((taking, kept), then=lambda: kept.until(lambda: {v for v in kept.readings.value if v >= 0} >= set(range(100))))
            await idle.until(lambda: not node.live)
            put(node, giving, 100, 200)
            assert len(node.store) >= 100
            await beside((taking, kept), then=lambda: kept.until(lambda: {v for v in kept.readings.value if v >= 0} >= set(range(200))))

        await beside((giving, idle), then=then)

    asyncio.run(story())


def test_a_host_that_joins_late_asks_for_the_births_it_missed(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        kept, idle = Kept(), Kept()
        host, node = SparkplugHost("district", Directory(), HostSettings(primary=False)), EdgeNode("G", "E", METRICS)
        taking, giving = MqttWire(host, settings(mosquitto)), MqttWire(node, settings(mosquitto))

        async def then() -> None:
            await idle.until(lambda: node.live)

            async def late() -> None:
                await kept.until(lambda: taking.connected)
                put(node, giving, 0, 10)
                await kept.until(lambda: host.state("G", "E") is State.ONLINE)
                put(node, giving, 10, 20)
                await kept.until(lambda: {v for v in kept.readings.value if v >= 0} >= set(range(10, 20)))

            await beside((taking, kept), then=late)

        await beside((giving, idle), then=then)
        assert node.counters.counts["rebirth"] == 1
        assert kept.kinds.count("unborn") == 1

    asyncio.run(story())
