"""Wires: Sparkplug decoding beside protobuf, and the way over mosquitto from an edge node to columns of readings.

What runs on one core is measured by its own CPU time, so that other work beside it matters little; what goes over the broker
by the clock, for there the publisher, the broker and the host share the machine.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.factory.rows import Row
from qiantang.kernel.readings import Directory
from qiantang.kernel.wires import Delivery, Notice
from qiantang.links.messages import Messages, now_us
from qiantang.links.mqtt import MqttWire
from qiantang.links.mqtt_settings import MqttSettings
from qiantang.links.sparkplug.decoding import decode
from qiantang.links.sparkplug.edge import EdgeNode, EdgeSettings, Measured
from qiantang.links.sparkplug.encoding import data_payloads
from qiantang.links.sparkplug.host import HostSettings, SparkplugHost

PER_MESSAGE = 100
DEVICES = 100


def best(work: Callable[[], object], times: int = 7) -> float:
    """CPU seconds of the best of some runs."""
    found = []
    for _ in range(times):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return min(found)


def sample(messages: int) -> list[bytes]:
    """Data messages of a hundred metrics, as an edge node sends them (aliases, instants, doubles: about 2,300 bytes)."""
    many = messages * PER_MESSAGE
    first = np.arange(0, many + 1, PER_MESSAGE)
    at = np.full(many, 1_700_000_000_000)
    return data_payloads(first, np.full(messages, 1_700_000_000_000), np.arange(messages) % 256, np.arange(many, dtype=np.uint64) % np.uint64(10_000), at,
                         np.full(many, 10, np.uint8), np.random.default_rng(1).normal(170, 5, many), np.zeros(many, np.bool_))


def by_protobuf(payloads: list[bytes], message: Any) -> int:
    """The library reads, and its metrics are put into the same columns."""
    columns: tuple[list[int], list[int], list[float]] = ([], [], [])
    for payload in payloads:
        found = message.FromString(payload)
        for metric in found.metrics:
            columns[0].append(metric.alias)
            columns[1].append(metric.timestamp)
            columns[2].append(metric.v_double)
    return len(np.array(columns[0])) + len(np.array(columns[1])) + len(np.array(columns[2]))


def decoding() -> list[Row]:
    """Metrics a second on one core: ours in batches of 100 and of 10 messages, protobuf parsing alone, and into columns."""
    from tests.links.sparkplug.reference import Payload

    payloads = sample(1000)
    few, ten = payloads[:100], payloads[:10]
    decode(payloads)
    ours = 100 * PER_MESSAGE / best(lambda: decode(few), 50) / 1e6
    small = 10 * PER_MESSAGE / best(lambda: decode(ten), 200) / 1e6
    parsed = 100 * PER_MESSAGE / best(lambda: [Payload.FromString(p) for p in few], 20) / 1e6
    columns = 100 * PER_MESSAGE / best(lambda: by_protobuf(few, Payload), 5) / 1e6
    host = SparkplugHost("bench", Directory(), HostSettings(primary=False))
    node = plant()
    births = node.connected(now_us())
    batch = Messages()
    for one in births.publications:
        batch.add(one.topic, one.payload, now_us())
    host.feed(batch)
    numbers, stamps = np.arange(10_000), np.zeros(10_000, np.int64)
    data = Messages()
    now = now_us()
    for _ in range(256):
        for one in node.put(numbers, stamps + now, numbers.astype(float), now):
            data.add(one.topic, one.payload, now)
    many = len(data) * PER_MESSAGE
    parts = [data.taken(part) for part in data.parts(2**19)]
    whole = many / best(lambda: [host.feed(part) for part in parts], 5) / 1e6
    return [Row("Sparkplug decode into columns, 100 messages of 100 metrics", ours, "M metrics/s", 15.0, "23.7 (prototype), 2.7 (protobuf)"),
            Row("Sparkplug decode into columns, 10 messages of 100 metrics", small, "M metrics/s", 15.0),
            Row("protobuf in the same run: into the same columns", columns, "M metrics/s"),
            Row("protobuf in the same run: parsing alone, no value taken out", parsed, "M metrics/s"),
            Row("ours against protobuf, into columns", ours / columns, "×", 5.0),
            Row("host: messages of 100 metrics to readings (order, aliases, clocks)", whole, "M readings/s", 10.0)]


def plant() -> EdgeNode:
    """An edge node of 100 devices with 100 metrics each."""
    metrics = [Measured(f"P{device}", f"m{metric}") for device in range(DEVICES) for metric in range(PER_MESSAGE)]
    return EdgeNode("G", "E", metrics, EdgeSettings(most_metrics=PER_MESSAGE, doubtful_us=0))


class Broker:
    """A mosquitto of its own."""

    def __init__(self) -> None:
        from tests.mosquitto import Mosquitto

        self._room = tempfile.TemporaryDirectory()
        self._broker = Mosquitto(Path(self._room.name))
        self.port = self._broker.port

    def __enter__(self) -> Broker:
        return self

    def __exit__(self, *_: object) -> None:
        self._broker.stop()
        self._room.cleanup()


class Counting:
    """A receiver that counts readings and how late they come: a reading's value is the instant of sending, in µs."""

    def __init__(self) -> None:
        self.many = 0
        self.late: list[np.ndarray[Any, Any]] = []
        self.kinds: dict[str, int] = {}

    async def deliver(self, delivery: Delivery) -> None:
        """Count."""
        self.many += len(delivery.readings)
        self.late.append(now_us() - delivery.readings.value[::50])
        delivery.settle()

    def notice(self, notice: Notice) -> None:
        """Count."""
        self.kinds[notice.kind] = self.kinds.get(notice.kind, 0) + notice.count


def _packet(topic: str, payload: bytes) -> bytes:
    name = topic.encode()
    length = 2 + len(name) + len(payload)
    head = bytearray(b"\x30")
    while length >= 128:
        head.append(length & 127 | 128)
        length >>= 7
    head.append(length)
    return bytes(head) + len(name).to_bytes(2, "big") + name + payload


def publish(port: int, rate: int, seconds: float) -> None:
    """An edge node over a bare socket (MQTT 3.1.1), so that the sender costs little: ``rate`` readings a second, 0 for as many as go."""
    node = plant()
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.sendall(b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03pub")
        line.recv(4)
        births = node.connected(now_us()).publications
        line.sendall(b"".join(_packet(one.topic, one.payload) for one in births))
        time.sleep(0.5)
        numbers = np.arange(DEVICES * PER_MESSAGE)
        lot = 10_000 if not rate else max(rate // 1000 // PER_MESSAGE, 1) * PER_MESSAGE
        sent, started, begin = 0, time.perf_counter(), 0
        while time.perf_counter() - started < seconds:
            now = now_us()
            which = numbers[begin:begin + lot] if begin + lot <= len(numbers) else np.concatenate([numbers[begin:], numbers[:begin + lot - len(numbers)]])
            begin = (begin + lot) % len(numbers)
            messages = node.put(np.sort(which), np.full(lot, now), np.full(lot, float(now)), now)
            line.sendall(b"".join(_packet(one.topic, one.payload) for one in messages))
            sent += lot
            if rate:
                ahead = sent / rate - (time.perf_counter() - started)
                if ahead > 0:
                    time.sleep(ahead)
        time.sleep(0.5)
        print(sent, flush=True)


async def _listened(port: int, rate: int, seconds: float) -> tuple[Counting, float, float, int, SparkplugHost]:
    """Readings taken, seconds of CPU and of the clock from the first to the last, readings sent."""
    counting = Counting()
    host = SparkplugHost("bench", Directory(), HostSettings(primary=False, qos=0))
    wire = MqttWire(host, MqttSettings(port=port, most_waiting=64 * 2**20))
    running = asyncio.create_task(wire.run(counting))
    while not wire.connected:
        await asyncio.sleep(0.01)
    sender = await asyncio.create_subprocess_exec(sys.executable, "-m", "benchmarks.factory.wires", str(port), str(rate), str(seconds),
                                                  stdout=subprocess.PIPE)
    while not counting.many:
        await asyncio.sleep(0.001)
    while counting.many <= DEVICES * PER_MESSAGE:
        await asyncio.sleep(0.001)
    counting.late.clear()
    spent = 0.0
    cpu, started, last, before = time.process_time(), time.perf_counter(), time.perf_counter(), counting.many
    while True:
        await asyncio.sleep(0.05)
        if counting.many > before:
            before, last = counting.many, time.perf_counter()
            spent = time.process_time() - cpu
        elif sender.returncode is not None or time.perf_counter() - last > 5:
            break
        else:
            with suppress(TimeoutError):
                await asyncio.wait_for(sender.wait(), 0.001)
    assert sender.stdout is not None
    sent = int((await sender.stdout.read()) or 0)
    await sender.wait()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    return counting, spent, last - started, sent, host


def over_mosquitto(seconds: float = 5.0) -> list[Row]:
    """Flat out, and at 100,000 and 500,000 readings a second; publisher, broker and host share the machine."""
    rows: list[Row] = []
    for rate, name in ((0, "flat out"), (100_000, "100,000/s"), (500_000, "500,000/s")):
        with Broker() as broker:
            counting, cpu, clock, sent, host = asyncio.run(_listened(broker.port, rate, seconds))
        got = counting.many - DEVICES * PER_MESSAGE
        late = np.concatenate(counting.late) / 1000
        if not rate:
            rows += [Row("mosquitto to readings, flat out, 100 metrics a message", got / clock / 1e6, "M readings/s", 5.0, "6.2 (prototype)"),
                     Row("the same for each second of the host's CPU", got / cpu / 1e6, "M readings/s", 5.0)]
        else:
            rows += [Row(f"mosquitto to readings at {name}: late by, 99 % within", float(np.percentile(late, 99)), "ms", 10.0,
                         "3.9 and 4.6 (prototype)", more_is_better=False),
                     Row(f"mosquitto to readings at {name}: late by, half within", float(np.percentile(late, 50)), "ms", more_is_better=False),
                     Row(f"mosquitto to readings at {name}: the host's CPU", 100 * cpu / clock, "% of a core", 40.0, "12 and 18", more_is_better=False)]
        rows.append(Row(f"mosquitto to readings, {name}: arrived of what was sent", 100 * got / max(sent, 1), "%", 99.99,
                        note=f"{host.counters.counts.get('gap', 0)} gaps"))
    return rows


def rows() -> list[Row]:
    """All of it; about half a minute."""
    return [*decoding(), *over_mosquitto()]


if __name__ == "__main__":
    if len(sys.argv) == 4:
        publish(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
    else:
        os.environ.setdefault("PYTHONUNBUFFERED", "1")
        for row in rows():
            print(row.said())
