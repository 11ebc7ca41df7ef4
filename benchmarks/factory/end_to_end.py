"""End to end: an edge node publishes Sparkplug over mosquitto, a whole plant's node logs, orders, charts and records it.

Publisher, broker and node share the machine. A reading is done when every chart has read it; it was then in the durable log.
Sparkplug's instants are whole milliseconds, so what is measured is up to 1 ms more than it was.

The bars are the anchor's machine's. So protobuf is timed beside each row, which was timed there too, and each figure is also given in
proportion to it; and what the hypervisor gave to other guests meanwhile, for that no proportion tells.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.factory import big_plant
from benchmarks.factory.rows import Row
from benchmarks.factory.wires import DEVICES, PER_MESSAGE, Broker, best, by_protobuf, sample
from qiantang.district.plant.node import Node, Status
from qiantang.domains.factory.charts.screening import Screening
from qiantang.domains.factory.glances import bounds
from qiantang.kernel.readings import Directory, Readings
from qiantang.kernel.wires import Delivery, Notice
from qiantang.links.messages import Publication, now_us
from qiantang.links.mqtt import MqttWire
from qiantang.links.mqtt_settings import MqttSettings
from qiantang.links.sparkplug.edge import EdgeNode, EdgeSettings, Measured
from qiantang.links.sparkplug.host import HostSettings, SparkplugHost
from qiantang.stores import open_store

_BORN = DEVICES * PER_MESSAGE
_ANCHORS_PROTOBUF = 2.7
"""Million metrics a second that protobuf put into columns on the anchor's machine (the reference, section 8, row 6)."""
_FAST, _SOON, _CHEAP = "6.2 M/s", "5.0 and 4.6 ms", "12 and 18"
"""What the anchor gave flat out, and at 100,000/s and 500,000/s."""
_FAULT, _FAULTS_A_SECOND = 60.0, 5.0
_UNDER_WAY = 1_000_000
"""Flat out so many readings may be under way: a broker holds back nobody, and drops what its subscriber does not take in time."""


@cache
def head(topic: str, payload: int) -> bytes:
    """What comes before a payload of so many bytes in a PUBLISH of quality 0 (MQTT 3.1.1, 3.3)."""
    name = topic.encode()
    length, out = 2 + len(name) + payload, bytearray(b"\x30")
    while length >= 128:
        out.append(length & 127 | 128)
        length >>= 7
    out.append(length)
    return bytes(out) + len(name).to_bytes(2, "big") + name


def packets(publications: Iterable[Publication]) -> bytes:
    """Publications as they go over the line."""
    return b"".join(part for one in publications for part in (head(one.topic, len(one.payload)), one.payload))


def publish(port: int, rate: int, seconds: float, faults: bool = False) -> None:
    """Standard normal readings of 10,000 metrics in turn, at this rate or (0) as fast as they are judged, which standard input tells;
    prints how many. ``faults``: after a second, five times a second, one of a device that had none is far beyond every limit."""
    import socket
    import threading

    judged = [0]

    def listen() -> None:
        for line in sys.stdin:
            judged[0] = int(line)

    threading.Thread(target=listen, daemon=True).start()

    edge = EdgeNode("G", "E", [Measured(f"P{d}", f"m{m}") for d in range(DEVICES) for m in range(PER_MESSAGE)],
                    EdgeSettings(most_metrics=PER_MESSAGE, doubtful_us=0))
    noise = np.random.default_rng(3).normal(size=1_000_000)
    edge.put(np.arange(_BORN), np.full(_BORN, now_us()), noise[:_BORN], now_us())
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.sendall(b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03pub")
        line.recv(4)
        line.sendall(packets(edge.connected(now_us()).publications))
        time.sleep(1.0)
        lot = _BORN if not rate else max(rate // 1000 // PER_MESSAGE, 1) * PER_MESSAGE
        sent, started, begin, now, struck = 0, time.perf_counter(), 0, 0, set[int]()
        while time.perf_counter() - started < seconds:
            which = np.arange(begin, begin + lot)
            if begin + lot > _BORN:
                which = np.sort(which % _BORN)
            begin = (begin + lot) % _BORN
            # A metric has one value a millisecond: what bears the same instant would be a repetition.
            place, now = sent % (len(noise) - lot), max(now_us(), now + 1000) if lot == _BORN else now_us()
            values = noise[place:place + lot]
            if faults and time.perf_counter() - started > 1.0 + len(struck) / _FAULTS_A_SECOND and (device := int(which[0]) // PER_MESSAGE) not in struck:
                struck.add(device)
                values = np.concatenate([[_FAULT], values[1:]])
            line.sendall(packets(edge.put(which, np.full(lot, now), values, now)))
            sent += lot
            if rate and (ahead := sent / rate - (time.perf_counter() - started)) > 0:
                time.sleep(ahead)
            while not rate and sent - judged[0] > _UNDER_WAY and time.perf_counter() - started < seconds:
                time.sleep(0.001)
        time.sleep(1.0)
    sys.stdout.write(f"{sent}\n")


class Watch:
    """How late readings are when charts have read them."""

    def __init__(self) -> None:
        self.many, self.late, self.first, self.last = 0, [np.zeros(0)], 0.0, 0.0

    def __call__(self, _: int, batch: Readings) -> None:
        """Charts have read a batch."""
        batch = batch if bounds(batch.signal)[0] >= 0 else batch.taken(batch.signal >= 0)
        if not len(batch):
            return
        self.many += len(batch)
        if self.many > _BORN:
            self.last = time.perf_counter()
            self.first = self.first or self.last
            self.late.append((now_us() - batch.at[::100]) / 1000)


class Screened:
    """What the anchor did with readings: the rules of W1, and no log."""

    def __init__(self, watch: Watch) -> None:
        self._screening, self._watch = Screening(np.zeros(_BORN), np.ones(_BORN)), watch
        self.alarms = 0

    async def deliver(self, delivery: Delivery) -> None:
        """Judge a batch at once."""
        batch = delivery.readings
        self.alarms += int(np.count_nonzero(self._screening.feed(batch.signal, batch.value).mask))
        self._watch(0, batch)
        delivery.settle()

    def notice(self, notice: Notice) -> None:
        """Births are no readings."""


def wire(port: int, directory: Directory, clock: Callable[[], int]) -> MqttWire:
    """The wire of a host that is not the primary one, as QoS 0."""
    return MqttWire(SparkplugHost("bench", directory, HostSettings(primary=False, qos=0)), MqttSettings(port=port, most_waiting=64 * 2**20), clock)


async def sending(port: int, rate: int, seconds: float, watch: Watch, busy: Callable[[], bool], *, faults: bool = False) -> tuple[float, int]:
    """Publish from a process of its own until all was judged or nothing comes any more: this process's CPU seconds, readings sent."""
    told = [str(port), str(rate), str(seconds), *(["faults"] if faults else [])]
    sender = await asyncio.create_subprocess_exec(sys.executable, "-m", "benchmarks.factory.end_to_end", *told, stdin=subprocess.PIPE,
                                                  stdout=subprocess.PIPE)
    cpu = time.process_time()
    assert sender.stdin is not None
    assert sender.stdout is not None
    printed = asyncio.create_task(sender.stdout.read())
    while not printed.done():
        sender.stdin.write(f"{watch.many - _BORN}\n".encode())
        await asyncio.wait([printed], timeout=0.02)
    sent = int(printed.result() or 0)
    await sender.wait()
    for _ in range(600):
        await asyncio.sleep(0.1)
        if not busy() and (watch.many >= sent + _BORN or time.perf_counter() - watch.last > 2):
            break
    return time.process_time() - cpu, sent


async def as_the_anchor(port: int, rate: int, seconds: float) -> tuple[Watch, float, int]:
    """Broker, wire, decoding and W1 alone: what the watch saw, CPU seconds, readings sent."""
    watch = Watch()
    one = wire(port, Directory(), now_us)
    running = asyncio.create_task(one.run(Screened(watch)))
    while not one.connected:
        await asyncio.sleep(0.02)
    cpu, sent = await sending(port, rate, seconds, watch, lambda: False)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return watch, cpu, sent


async def measured(folder: Path, port: int, rate: int, seconds: float) -> tuple[Watch, Status, float, int]:
    """A whole node: what the watch saw, how it stood, the process's CPU seconds, and how many readings were sent."""
    watch = Watch()
    node = Node(folder, big_plant.plant(), store=open_store(folder / "state.sqlite"), charts=big_plant.charts(),
                judged=watch, clock=now_us)
    one = wire(port, node.directory, node.clock)
    running = asyncio.create_task(node.run([one]))
    while not one.connected:
        await asyncio.sleep(0.02)
    await asyncio.sleep(1.0)
    cpu, sent = await sending(port, rate, seconds, watch, lambda: node.status().behind > 0 or len(node.inbox) > 0)
    status = node.status()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return watch, status, cpu, sent


class Beside:
    """The machine while something is measured on it: ``speed``, protobuf's here over protobuf's on the anchor's machine, timed before and
    after; ``stolen``, the share of its processors' time that the hypervisor gave to others (NaN where no /proc/stat tells)."""

    def __init__(self) -> None:
        self._payloads = sample(100)
        self._before, self._ticks = self._speed(), _ticks()
        self.speed = self.stolen = float("nan")

    def ends(self) -> None:
        """What was measured is over."""
        spent = _ticks() - self._ticks
        self.stolen = float(spent[7] / spent.sum()) if spent.sum() else float("nan")
        self.speed = (self._before + self._speed()) / 2

    def _speed(self) -> float:
        from tests.links.sparkplug.reference import Payload

        spent = best(lambda: by_protobuf(self._payloads, Payload), 20)
        return len(self._payloads) * PER_MESSAGE / spent / 1e6 / _ANCHORS_PROTOBUF


def _ticks() -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The processors' time by what it went to: user, nice, system, idle, iowait, irq, softirq, steal (Linux's proc(5))."""
    try:
        return np.array(Path("/proc/stat").read_text(encoding="ascii").split()[1:9], np.int64)
    except OSError:
        return np.zeros(8, np.int64)


def rows(quick: bool = False) -> Iterator[Row]:
    """Flat out, and at 100,000 and 500,000 readings a second: first what the anchor did, then a whole node."""
    sys.setswitchinterval(0.0005)
    seconds = 4.0 if quick else 15.0
    for rate, named in ((0, "flat out"), (100_000, "100,000/s"), (500_000, "500,000/s")):
        beside = Beside()
        with Broker() as broker:
            watch, cpu, sent = asyncio.run(as_the_anchor(broker.port, rate, seconds))
        beside.ends()
        yield from _told("wire, decoding and W1", "", rate, named, watch, cpu, sent, "no log, as the anchor was measured", beside)
    for rate, named in ((0, "flat out"), (100_000, "100,000/s"), (500_000, "500,000/s")):
        beside = Beside()
        with Broker() as broker, tempfile.TemporaryDirectory(prefix="qiantang-end-") as folder:
            watch, status, cpu, sent = asyncio.run(measured(Path(folder), broker.port, rate, seconds))
        beside.ends()
        note = f"{status.counts.get('alarms', 0)} alarms, {status.counts.get('late', 0)} late, {status.counts.get('shed_history', 0):,} shed of history"
        yield from _told("a whole node", ", without log", rate, named, watch, cpu, sent, note, beside)


def _told(what: str, without: str, rate: int, named: str, watch: Watch, cpu: float, sent: int, note: str, beside: Beside) -> Iterator[Row]:
    got, clock = watch.many - _BORN, max(watch.last - watch.first, 1e-9)
    machine = f"protobuf {beside.speed:.2f} of its speed on the anchor's machine; {beside.stolen:.0%} of the processors' time taken by other guests"
    if rate:
        late = np.concatenate(watch.late)
        for share, bar in ((50, None), (99, 10.0)):
            yield Row(f"{what} at {named}: late by, p{share}", float(np.percentile(late, share)), "ms", bar, _SOON + without if bar else "",
                      more_is_better=False)
        yield Row("the same, p99, in proportion to protobuf", float(np.percentile(late, 99)) * beside.speed, "ms", 10.0, _SOON + without,
                  more_is_better=False, note=machine)
        yield Row(f"{what} at {named}: CPU", 100 * cpu / clock, "% of a core", anchor=_CHEAP + without, more_is_better=False)
    else:
        yield Row(f"{what}, flat out, 100 metrics a message", got / clock / 1e6, "M readings/s", 5.0, _FAST + without, note=note)
        yield Row("the same in proportion to protobuf", got / clock / 1e6 / beside.speed, "M readings/s", 5.0, _FAST + without, note=machine)
        yield Row("the same for each second of the process's CPU", got / max(cpu, 1e-9) / 1e6, "M readings/s")
    yield Row(f"{what}, {named}: judged of what was sent", 100 * got / max(sent, 1), "%", 99.99, note=note)


if __name__ == "__main__":
    if len(sys.argv) >= 4:
        publish(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), "faults" in sys.argv)
    else:
        os.environ.setdefault("PYTHONUNBUFFERED", "1")
        for row in rows("--quick" in sys.argv):
            print(row.said(), flush=True)
