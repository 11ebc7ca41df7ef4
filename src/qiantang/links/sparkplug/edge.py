"""An edge node: births on connecting, data as they are read, and what could not be sent is stored and forwarded as historical."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from qiantang.kernel.wires import Counters
from qiantang.links.messages import Messages, Publication, Said
from qiantang.links.sparkplug.certificates import state_of
from qiantang.links.sparkplug.decoding import decode
from qiantang.links.sparkplug.encoding import Metric, data_payloads, md5_of, payload
from qiantang.links.sparkplug.fields import NUMERIC, TEXTS, DataType
from qiantang.links.sparkplug.rebirths import REBIRTH
from qiantang.links.sparkplug.stored import READING, InMemory, Store
from qiantang.links.sparkplug.topics import NAMESPACE, Route, Verb, checked, route_of

_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric that the edge node measures: of which device (empty: the edge node itself), its name, datatype and unit."""

    device: str
    name: str
    datatype: DataType = DataType.DOUBLE
    unit: str = ""


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """How it behaves. ``host`` is the primary host it waits for, empty for none. A message carries at most ``most_metrics``.
    Stored readings are sent at most ``forwarded_a_second``. What was sent within ``doubtful_us`` before a connection was lost
    is sent again as historical (at most ``most_doubtful`` readings), for at most once there is no receipt: the host removes what it has twice. ``qos`` is 0 in
    the specification; 1 lets a broker keep what its consumer has not yet taken."""

    host: str = ""
    most_metrics: int = 500
    forwarded_a_second: int = 200_000
    doubtful_us: int = 3 * _SECOND
    most_doubtful: int = 1_000_000
    qos: int = 0


def fingerprint(metrics: Iterable[Measured]) -> str:
    """Names what the numbers of these metrics mean, for a store on disk."""
    return hashlib.sha256("\n".join(f"{m.device}\t{m.name}" for m in metrics).encode()).hexdigest()[:12]


class EdgeNode:
    """An edge node of a group. ``put`` readings as they come, ``tick`` now and then: both give what is to be published.

    A metric's number is its place in ``metrics``; its alias is the number plus one. Each is numeric or a text (``tell``). The bdSeq
    begins at 0 and grows with every connection.
    """

    def __init__(self, group: str, edge: str, metrics: Sequence[Measured], settings: EdgeSettings | None = None, store: Store | None = None,
                 counters: Counters | None = None) -> None:
        self.group, self.id = checked("group", group), checked("edge node", edge)
        self.metrics = tuple(metrics)
        if any(metric.datatype not in NUMERIC and metric.datatype not in TEXTS for metric in self.metrics):
            raise ValueError("an edge node publishes numeric metrics and texts only")
        self.settings = settings or EdgeSettings()
        self.store: Store = InMemory() if store is None else store
        self.counters = counters or Counters()
        names = dict.fromkeys(metric.device for metric in self.metrics)
        self.devices = ["", *(checked("device", name) for name in names if name)]
        places = {name: place for place, name in enumerate(self.devices)}
        self._data_topics = [Route(Verb.DDATA if name else Verb.NDATA, self.group, self.id, name).topic for name in self.devices]
        self._device_of = np.array([places[metric.device] for metric in self.metrics], np.int64)
        self._datatype_of = np.array([metric.datatype for metric in self.metrics], np.uint8)
        self._value = np.full(len(self.metrics), np.nan)
        self._at = np.zeros(len(self.metrics), np.int64)
        self._texts: dict[int, str] = {}
        self._dead: set[str] = set()
        self._bdseq = -1
        self._seq = 0
        self._connected = False
        self._host_online = not self.settings.host
        self._host_since = -1
        self._born = False
        self._sent: deque[tuple[int, NDArray[np.void]]] = deque()
        self._sent_rows = 0
        self._forwarded_at: int | None = None
        self._dropped = 0

    # What the wire asks.

    @property
    def subscriptions(self) -> tuple[tuple[str, int], ...]:
        """Commands to it and its devices, and the state of its primary host."""
        base = f"{NAMESPACE}/{self.group}"
        mine = ((f"{base}/NCMD/{self.id}", 1), (f"{base}/DCMD/{self.id}/+", 1))
        return (*mine, (f"{NAMESPACE}/STATE/{self.settings.host}", 1)) if self.settings.host else mine

    @property
    def live(self) -> bool:
        """Whether readings go out at once."""
        return self._born

    def will(self, now: int) -> Publication:
        """The death certificate of the connection to come, with the next bdSeq."""
        self._bdseq = (self._bdseq + 1) % 256
        return self._death(now)

    def connected(self, now: int) -> Said:
        """Births, unless the primary host is still to be heard."""
        self._connected = True
        self._host_online = not self.settings.host
        return Said(publications=tuple(self._births(now))) if self._host_online else Said()

    def disconnected(self, now: int) -> Said:
        """What may have been lost with the connection is stored again."""
        self._connected = self._born = False
        self._keep_doubtful(now)
        return Said()

    def farewell(self, now: int) -> tuple[Publication, ...]:
        """The death certificate."""
        was_born, self._born = self._born, False
        return (self._death(now),) if was_born else ()

    def feed(self, batch: Messages) -> Said:
        """Commands, and what is said of the primary host."""
        out: list[Publication] = []
        leave = False
        for topic, content, now in zip(batch.topics, batch.payloads, batch.received, strict=True):
            route = route_of(topic)
            if route is None:
                continue
            if route.verb is Verb.NCMD and (route.group, route.edge) == (self.group, self.id) and self._born and _asks_for_rebirth(content):
                self.counters.add("rebirth")
                out += self._births(now)
            elif route.verb is Verb.STATE and route.edge == self.settings.host:
                said = state_of(content)
                if said is None or said.timestamp < self._host_since:
                    continue
                self._host_since = said.timestamp
                if said.online and not self._born and self._connected:
                    self._host_online = True
                    out += self._births(now)
                elif not said.online and self._born:
                    self.counters.add("host_offline")
                    self._host_online = self._born = False
                    self._keep_doubtful(now)
                    out.append(self._death(now))
                    leave = True
        return Said(publications=tuple(out), leave=leave)

    def tick(self, now: int) -> Said:
        """Forward what is stored, as fast as allowed."""
        self._forget_sent(now)
        if not self._born or not len(self.store):
            self._forwarded_at = now
            return Said()
        since = now - (self._forwarded_at if self._forwarded_at is not None else now)
        many = int(min(max(since, 1000), _SECOND) * self.settings.forwarded_a_second // _SECOND)
        if not many:
            return Said()
        self._forwarded_at = now
        rows = self.store.take(many)
        self.counters.add("forwarded", len(rows))
        return Said(publications=tuple(self._data(rows["metric"], rows["at"], rows["value"], True, now)))

    # What the plant does.

    def put(self, metric: NDArray[np.integer], at: NDArray[np.int64], value: NDArray[np.float64], now: int) -> list[Publication]:
        """Readings were taken: what to publish; nothing while nobody listens, for then they are stored."""
        _remembered(metric, at, value, self._at, self._value)
        if not self._born:
            self.counters.add("stored", len(metric))
            self.store.append(_rows(metric, at, value))
            if self.store.dropped > self._dropped:
                self.counters.add("dropped", self.store.dropped - self._dropped)
                self._dropped = self.store.dropped
            return []
        self.counters.add("sent", len(metric))
        return self._data(metric, at, value, False, now)

    def tell(self, metric: int, text: str, now: int, *, at_birth: str | None = None) -> list[Publication]:
        """A text metric says this: what to publish, with the text's MD5 sum; nothing while nobody listens, for it is not stored. A birth
        states it, or ``at_birth`` where it is to say more than the last text."""
        if self.metrics[metric].datatype not in TEXTS:
            raise ValueError("a text is told of a metric of text only")
        self._texts[metric], self._at[metric] = text if at_birth is None else at_birth, now
        if not self._born:
            return []
        self.counters.add("sent")
        of = self.devices[self._device_of[metric]]
        said = Metric("", DataType.UNKNOWN, text, metric + 1, now // 1000, md5=md5_of(text))
        return [self._published(Verb.DDATA if of else Verb.NDATA, of, payload(now // 1000, [said], self._count()))]

    def device_died(self, device: str, now: int) -> list[Publication]:
        """A device is lost."""
        self._dead.add(device)
        return [self._published(Verb.DDEATH, device, payload(now // 1000, (), self._count()))] if self._born else []

    def device_back(self, device: str, now: int) -> list[Publication]:
        """It is there again."""
        self._dead.discard(device)
        return [self._device_birth(device, now)] if self._born else []

    # Messages.

    def _count(self) -> int:
        seq, self._seq = self._seq, (self._seq + 1) % 256
        return seq

    def _published(self, verb: Verb, device: str, content: bytes) -> Publication:
        return Publication(Route(verb, self.group, self.id, device).topic, content, self.settings.qos)

    def _death(self, now: int) -> Publication:
        metric = Metric("bdSeq", DataType.INT64, self._bdseq, timestamp=now // 1000)
        return Publication(Route(Verb.NDEATH, self.group, self.id).topic, payload(now // 1000, [metric]), 1)

    def _births(self, now: int) -> list[Publication]:
        self._seq = 0
        self._born = True
        ms = now // 1000
        own = [Metric("bdSeq", DataType.INT64, self._bdseq, timestamp=ms), Metric(REBIRTH, DataType.BOOLEAN, False, timestamp=ms)]
        node = self._published(Verb.NBIRTH, "", payload(ms, [*own, *self._stated(0, now)], self._count()))
        return [node, *(self._device_birth(device, now) for device in self.devices[1:] if device not in self._dead)]

    def _device_birth(self, device: str, now: int) -> Publication:
        return self._published(Verb.DBIRTH, device, payload(now // 1000, self._stated(self.devices.index(device), now), self._count()))

    def _stated(self, device: int, now: int) -> list[Metric]:
        found = []
        for number in np.flatnonzero(self._device_of == device).tolist():
            metric, value = self.metrics[number], float(self._value[number])
            at = int(self._at[number]) or now
            if metric.datatype in TEXTS:
                text = self._texts.get(number)
                found.append(Metric(metric.name, metric.datatype, text, number + 1, at // 1000, md5="" if text is None else md5_of(text)))
                continue
            found.append(Metric(metric.name, metric.datatype, value if np.isfinite(value) else None, number + 1, at // 1000,
                                {"engUnit": metric.unit} if metric.unit else {}))
        return found

    def _data(self, metric: NDArray[np.integer], at: NDArray[np.int64], value: NDArray[np.float64], historical: bool, now: int) -> list[Publication]:
        """Messages of readings, each of one device; a device's readings stay in their order."""
        if not len(metric):
            return []
        if self.settings.doubtful_us > 0:
            self._sent.append((now, _rows(metric, at, value)))
            self._sent_rows += len(metric)
            self._forget_sent(now)
        devices = self._device_of[metric]
        if (devices[1:] < devices[:-1]).any():
            order = np.argsort(devices, kind="stable")
            metric, at, value, devices = metric[order], at[order], value[order], devices[order]
        first = _cut(devices, self.settings.most_metrics)
        messages = len(first) - 1
        seqs = (self._seq + np.arange(messages)) % 256
        self._seq = (self._seq + messages) % 256
        contents = data_payloads(first, np.full(messages, now // 1000), seqs, (metric.astype(np.int64) + 1).view(np.uint64), at // 1000,
                                 self._datatype_of[metric], value, np.full(len(metric), historical))
        return [Publication(self._data_topics[device], content, self.settings.qos)
                for device, content in zip(devices[first[:-1]].tolist(), contents, strict=True)]

    def _keep_doubtful(self, now: int) -> None:
        """Store again what was sent a moment ago."""
        for sent_at, rows in self._sent:
            if now - sent_at <= self.settings.doubtful_us:
                self.counters.add("sent_again", len(rows))
                self.store.append(rows)
        self._sent.clear()
        self._sent_rows = 0

    def _forget_sent(self, now: int) -> None:
        """What was sent long enough ago, or is more than a reserve may hold, has arrived or is lost."""
        while self._sent and (now - self._sent[0][0] > self.settings.doubtful_us or self._sent_rows > self.settings.most_doubtful):
            self._sent_rows -= len(self._sent.popleft()[1])


def _rows(metric: NDArray[np.integer], at: NDArray[np.int64], value: NDArray[np.float64]) -> NDArray[np.void]:
    """Readings as they are stored."""
    rows = np.empty(len(metric), READING)
    rows["metric"], rows["at"], rows["value"] = metric, at, value
    return rows


@njit(cache=True)
def _remembered(metric, at, value, last_at, last_value):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """The last of each metric."""
    for i in range(len(metric)):
        if metric[i] < 0 or metric[i] >= len(last_at):
            raise IndexError("there is no metric of this number")
        last_at[metric[i]], last_value[metric[i]] = at[i], value[i]


@njit(cache=True, nogil=True)
def _cut(devices, most):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """Where each message begins, and where the last ends: of one device, and of so many rows at most."""
    places, count, begun = np.empty(len(devices) + 1, np.int64), 0, 0
    for i in range(len(devices)):
        if i == 0 or devices[i] != devices[i - 1] or i - begun == most:
            places[count], begun = i, i
            count += 1
    places[count] = len(devices)
    return places[:count + 1].copy()


def _asks_for_rebirth(content: bytes) -> bool:
    found = decode((content,))
    return any(found.name(j) == REBIRTH and found.metrics["bits"][j] != 0 for j in range(len(found.metrics)))
