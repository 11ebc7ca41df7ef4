"""The host application: takes what edge nodes publish and gives readings, notices and requests, without any network.

Chapters 4 and 5 of Sparkplug 3.0.0. What an edge node goes through is the table in ``nodes``; this file does its steps.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qiantang.kernel.readings import Directory, Readings, together
from qiantang.kernel.wires import Counters, Notice
from qiantang.links.messages import Messages, Noticing, Publication, Said
from qiantang.links.sparkplug.backlog import Backlog, Backlogged
from qiantang.links.sparkplug.certificates import Certificates, state_of
from qiantang.links.sparkplug.decoding import Payloads, decode
from qiantang.links.sparkplug.described import Described, described
from qiantang.links.sparkplug.fields import Has
from qiantang.links.sparkplug.nodes import TABLE, Event, State, Step
from qiantang.links.sparkplug.rebirths import Rebirths, rebirth_request
from qiantang.links.sparkplug.signals import Signals
from qiantang.links.sparkplug.taking import MET_NAMES, ClockRule, Meanings, Met, Taken, hashed, meaning, nothing, take
from qiantang.links.sparkplug.telling import TELLINGS
from qiantang.links.sparkplug.topics import NAMESPACE, Route, Verb, address, checked, route_of
from qiantang.links.unit_book import UnitBook

_NO_LIFE = -1
_AGES = 2**62
_NONE = np.empty(0, np.int64)


@dataclass(slots=True)
class _Device:
    """A device as its last birth described it; that with the empty name is the edge node itself."""

    life: int = _NO_LIFE
    signals: NDArray[np.int64] = field(default_factory=lambda: _NONE)
    metrics: list[Described] = field(default_factory=list)
    owed_since: int = 0
    """When its edge node was born again without it; 0 where it is not awaited."""


@dataclass(slots=True)
class _Edge:
    """An edge node. ``stamps`` are the instants of the last 256 messages by their count, by which a repetition is known."""

    group: str
    id: str
    state: State = State.UNBORN
    life: int = _NO_LIFE
    bdseq: int | None = None
    born_at: int = -1
    expected: int = 0
    newest: int = -1
    stamps: list[int] = field(default_factory=lambda: [-2] * 256)
    devices: dict[str, _Device] = field(default_factory=dict)
    backlog: Backlog = field(default_factory=Backlog)

    @property
    def source(self) -> str:
        return f"{self.group}/{self.id}"


@dataclass(slots=True)
class _Work:
    """What a batch has given so far, and the run of its messages that are to be taken together."""

    payloads: Payloads
    received: list[int]
    pieces: list[Readings] = field(default_factory=list)
    begin: int = 0
    lives: list[int] = field(default_factory=list)
    device_lives: list[int] = field(default_factory=list)
    edges: list[_Edge | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class HostSettings:
    """How the host behaves. ``reorder_us`` is the Reorder Timeout of the specification; devices are awaited
    ``device_us`` after their node's birth; what came while a birth may have been missed is kept for ``keep_us``; ``most_held``
    bytes wait for an edge at most; ``primary`` hosts publish STATE certificates, others do not. Texts at the addresses
    ``read_elsewhere`` are not told as left aside."""

    clock: ClockRule = field(default_factory=ClockRule)
    reorder_us: int = 2_000_000
    device_us: int = 10_000_000
    keep_us: int = 60_000_000
    most_held: int = 4 * 2**20
    most_edges: int = 10_000
    most_devices: int = 5_000
    most_signals: int = 2_000_000
    primary: bool = True
    qos: int = 1
    read_elsewhere: frozenset[str] = frozenset()


class SparkplugHost:
    """A host application. Give it batches as they come; it numbers signals in the plant's directory.

    Aliases and names must have been stated by a birth; data before a birth are set aside and a rebirth is asked for. A
    metric whose unit or datatype is another than ``units`` knows is marked UNIT until that is confirmed there. ``births`` is
    what ``snapshot`` gave before a restart: edge nodes whose count goes on are understood at once.
    """

    def __init__(self, host: str, directory: Directory, settings: HostSettings | None = None, groups: Iterable[str] = ("+",),
                 counters: Counters | None = None, births: bytes | None = None, units: UnitBook | None = None) -> None:
        self.id = checked("host application", host)
        self.directory = directory
        self.settings = settings or HostSettings()
        self.counters = counters or Counters()
        self.rebirths = Rebirths()
        self._groups = tuple(groups)
        self._edges: dict[tuple[str, str], _Edge] = {}
        self._watched: dict[tuple[str, str], _Edge] = {}
        self._routes: dict[str, tuple[Route, _Edge | None]] = {}
        self._meanings = Meanings()
        self._notices = Noticing(self.counters)
        self.units = units or UnitBook()
        self._signals = Signals(directory, self.settings.most_signals, self.units)
        self._publications: list[Publication] = []
        self._connected = False
        self._certificates = Certificates(self.id)
        self._looked_at = 0
        if births is not None:
            self._restore(births)

    # What the wire asks.

    @property
    def subscriptions(self) -> tuple[tuple[str, int], ...]:
        """Its own STATE first, then every message of the groups."""
        own = ((f"{NAMESPACE}/STATE/{self.id}", 1),) if self.settings.primary else ()
        verbs = ("NBIRTH", "NDEATH", "NDATA", "DBIRTH", "DDEATH", "DDATA")
        return own + tuple((f"{NAMESPACE}/{group}/{verb}/+" + ("/+" if verb[0] == "D" else ""), self.settings.qos) for group in self._groups for verb in verbs)

    def will(self, now: int) -> Publication | None:
        """The death certificate, with the instant of connecting; None for a secondary host."""
        return self._certificates.will(now) if self.settings.primary else None

    def connected(self, now: int) -> Said:
        """The birth certificate, with the timestamp of the will; every edge node that was heard before is doubtful."""
        self._connected = True
        if self.settings.primary:
            self._publications.append(self._certificates.birth(now))
        return self._said([], now)

    def disconnected(self, now: int) -> Said:
        """Our connection is lost: all signals are stale until they are heard again."""
        self._connected = False
        work = _Work(decode(()), [])
        for edge in self._edges.values():
            if edge.state in (State.ONLINE, State.WAITING):
                self._tell("lost", edge.source, now)
            self._happen(work, edge, Event.LOST, now)
        return self._said(work.pieces, now)

    def farewell(self, now: int) -> tuple[Publication, ...]:
        """The death certificate, published before leaving in good order, with the instant of leaving."""
        return (self._certificates.death(now),) if self.settings.primary else ()

    def feed(self, batch: Messages) -> Said:
        """Take a batch of messages in their order."""
        work = _Work(decode(batch.payloads), batch.received)
        n = len(batch)
        self._signals.look_again()
        self.counters.add("messages", n)
        work.lives, work.device_lives, work.edges = [_NO_LIFE] * n, [_NO_LIFE] * n, [None] * n
        fine, seqs, stamps = work.payloads.fine.tolist(), work.payloads.seq.tolist(), work.payloads.timestamp.tolist()
        for i, topic in enumerate(batch.topics):
            known = self._routes.get(topic)
            edge = known[1] if known else None
            # The usual case, short: data of an edge node that is online, with the count that is due.
            if known and edge is not None and edge.state is State.ONLINE and seqs[i] == edge.expected and fine[i]:
                route = known[0]
                device = edge.devices.get(route.device) if route.verb is Verb.NDATA or route.verb is Verb.DDATA else None
                if device is not None and device.life != _NO_LIFE:
                    edge.stamps[edge.expected] = edge.newest = stamps[i]
                    edge.expected = (edge.expected + 1) & 255
                    work.lives[i], work.device_lives[i], work.edges[i] = edge.life, device.life, edge
                    continue
            self._message(work, i, topic, batch.payloads[i])
        self._flush(work, n)
        return self._said(work.pieces, batch.received[-1] if n else 0)

    def tick(self, now: int) -> Said:
        """Look after what is overdue: missing messages, devices that were not born again, rebirths to ask for."""
        if now - self._looked_at < 20_000 and now >= self._looked_at:
            return Said(holding=any(edge.backlog for edge in self._watched.values()))
        self._looked_at = now
        work = _Work(decode(()), [])
        for key, edge in list(self._watched.items()):
            if edge.state is State.WAITING and now - edge.backlog.missing_since >= self.settings.reorder_us:
                self._overdue(work, edge, now)
            for name, device in edge.devices.items():
                if device.owed_since and now - device.owed_since >= self.settings.device_us:
                    device.owed_since = 0
                    self._tell("missing_device", f"{edge.source}/{name}", now)
                    self._stale(work, edge, device, now, now)
            if edge.backlog.keeping and now - edge.backlog.unborn_since >= self.settings.keep_us:
                self._tell("unborn", edge.source, now, count=edge.backlog.give_up())
            if edge.state is not State.WAITING and not edge.backlog.keeping and not any(device.owed_since for device in edge.devices.values()):
                del self._watched[key]
        return self._said(work.pieces, now)

    # What others ask.

    @property
    def births(self) -> tuple[Described, ...]:
        """Every metric that the last births describe, of the dead too: what a plant can be drawn up from."""
        return tuple(metric for edge in self._edges.values() for device in edge.devices.values() for metric in device.metrics)

    def state(self, group: str, edge: str) -> State | None:
        """How an edge node stands; None where it was never heard of."""
        found = self._edges.get((group, edge))
        return found.state if found else None

    def snapshot(self) -> bytes:
        """The births in force and where each edge node's count stands, to be given to a host that starts anew."""
        edges = [{"group": e.group, "edge": e.id, "bdseq": e.bdseq, "born_at": e.born_at, "expected": e.expected,
                  "devices": {name: [[m.name, m.alias, m.datatype, m.unit] for m in d.metrics] for name, d in e.devices.items() if d.life != _NO_LIFE}}
                 for e in self._edges.values() if e.state in (State.ONLINE, State.WAITING, State.DOUBTFUL)]
        return json.dumps({"edges": edges, "known": self._signals.written()}, ensure_ascii=False).encode()

    def _restore(self, births: bytes) -> None:
        said: dict[str, Any] = json.loads(births)
        self._signals.restore(said["known"])
        for one in said["edges"]:
            edge = _Edge(one["group"], one["edge"], State.DOUBTFUL, self._meanings.life(), one["bdseq"], one["born_at"], one["expected"])
            self._edges[edge.group, edge.id] = edge
            for name, metrics in one["devices"].items():
                self._describe(edge, name, [Described(edge.group, edge.id, name, *metric) for metric in metrics], 0)

    # One message.

    def _message(self, work: _Work, i: int, topic: str, payload: bytes) -> None:
        """Anything but the usual case."""
        now = work.received[i]
        known = self._routes.get(topic) or self._met(topic, now)
        if known is None:
            return
        route, edge = known
        if route.verb is Verb.STATE:
            self._state(route, payload, now)
            return
        if edge is None:
            return
        if not work.payloads.fine[i]:
            self._tell("garbled", route.source, now)
            return
        if route.verb is Verb.NDEATH:
            said = _bdseq(work.payloads, i)
            matching = said is None or edge.bdseq is None or said == edge.bdseq
            self._flush(work, i)
            self._happen(work, edge, Event.DEATH if matching else Event.OLD_DEATH, now)
            return
        if route.verb is Verb.NBIRTH:
            self._flush(work, i)
            stamp = int(work.payloads.timestamp[i])
            again = 0 <= stamp == edge.born_at and _bdseq(work.payloads, i) == edge.bdseq
            self._happen(work, edge, Event.REPEAT if again else Event.BIRTH, now, route, i, payload)
            return
        self._happen(work, edge, self._in_turn(edge, int(work.payloads.seq[i]), int(work.payloads.timestamp[i]), route, now), now, route, i, payload)

    def _met(self, topic: str, now: int) -> tuple[Route, _Edge | None] | None:
        """Enter a topic that is new; None where it is not ours."""
        route = route_of(topic)
        if route is None:
            self._tell("topic", topic[:120], now)
            return None
        if route.verb in (Verb.NCMD, Verb.DCMD):
            return None
        edge = None
        if route.verb is not Verb.STATE:
            edge = self._edges.get((route.group, route.edge))
            if edge is None:
                if len(self._edges) >= self.settings.most_edges:
                    self._tell("full", route.source, now)
                    return None
                edge = self._edges[route.group, route.edge] = _Edge(route.group, route.edge)
        if len(self._routes) < 20 * self.settings.most_edges:
            self._routes[topic] = (route, edge)
        return route, edge

    def _in_turn(self, edge: _Edge, seq: int, stamp: int, route: Route, now: int) -> Event:
        """What a message's count makes of it. One that is behind was counted as missing and is older than the newest taken;
        one with the count and the instant of a message taken is a repetition."""
        if not 0 <= seq <= 255:
            self._tell("unnumbered", route.source, now)
            return Event.NEXT
        if edge.stamps[seq] == stamp and stamp >= 0 and seq != edge.expected:
            return Event.REPEAT
        if seq == edge.expected:
            return Event.NEXT
        return Event.BEHIND if (seq - edge.expected) % 256 >= 128 and 0 <= stamp <= edge.newest else Event.AHEAD

    def _happen(self, work: _Work, edge: _Edge, event: Event, now: int, route: Route | None = None, i: int = -1, payload: bytes = b"") -> None:
        """One row of the table."""
        edge.state, steps = TABLE[edge.state, event]
        for step in steps:
            match step:
                case Step.DESCRIBE if route:
                    self._birth(work, edge, i, now)
                case Step.TAKE if route:
                    if event is Event.BEHIND:
                        self._tell("late_message", edge.source, now)
                    self._take(work, edge, route, i, now, counted=event is not Event.BEHIND)
                case Step.HOLD if route:
                    self._hold(work, edge, int(work.payloads.seq[i]), Backlogged(route, payload, now, int(work.payloads.timestamp[i])))
                case Step.KEEP if route:
                    self._keep(edge, Backlogged(route, payload, now, int(work.payloads.timestamp[i])))
                case Step.DRAIN:
                    self._drain(work, edge, now)
                case Step.RELEASE:
                    self._release(work, edge, int(work.payloads.timestamp[i]) if event is Event.BIRTH else _AGES)
                case Step.ASK:
                    self.rebirths.want(edge.group, edge.id)
                case Step.ASIDE:
                    self._tell("unborn", edge.source, now)
                case Step.DROP:
                    self._tell("repeat", edge.source, now)
                case Step.END:
                    self._end(work, edge, now)
                case Step.STALE:
                    for device in edge.devices.values():
                        self._stale(work, edge, device, now, now)
                case Step.PASS:
                    self._tell("old_death", edge.source, now)
                case _:
                    raise AssertionError(f"{event} of {edge.source} lacks its message")

    def _take(self, work: _Work, edge: _Edge, route: Route, i: int, now: int, counted: bool = True) -> None:
        """A message in its turn: data join the run, a device's birth or death is done at once."""
        seq, stamp = int(work.payloads.seq[i]), int(work.payloads.timestamp[i])
        if 0 <= seq <= 255:
            edge.stamps[seq] = stamp
            if counted:
                edge.expected = (seq + 1) & 255
                edge.newest = stamp
        if route.verb is Verb.DBIRTH:
            self._flush(work, i)
            self._device_birth(work, edge, route.device, i, now)
            return
        device = edge.devices.get(route.device)
        if device is None or device.life == _NO_LIFE:
            self._tell("unborn", route.source, now)
            self.rebirths.want(edge.group, edge.id)
        elif route.verb is Verb.DDEATH:
            self._flush(work, i)
            self._device_death(work, edge, route.device, self._instant(stamp, now), now)
        else:
            work.lives[i], work.device_lives[i], work.edges[i] = edge.life, device.life, edge

    def _instant(self, stamp: int, now: int) -> int:
        """A source's instant where its clock is to be believed, else ours."""
        at = stamp * 1000
        return at if stamp >= 0 and -self.settings.clock.behind <= at - now <= self.settings.clock.ahead else now

    # What waits for its turn.

    def _hold(self, work: _Work, edge: _Edge, seq: int, one: Backlogged) -> None:
        self._watched[edge.group, edge.id] = edge
        if not edge.backlog.hold(seq, one):
            self._tell("repeat", edge.source, one.received)
        elif edge.backlog.held_bytes > self.settings.most_held:
            self._overdue(work, edge, one.received)

    def _keep(self, edge: _Edge, one: Backlogged) -> None:
        """Data whose aliases may mean something else by now are kept until the birth of their device."""
        if one.route.verb in (Verb.NDATA, Verb.DDATA) and edge.backlog.keep(one, self.settings.most_held):
            self._watched[edge.group, edge.id] = edge
        else:
            self._tell("unborn", edge.source, one.received)

    def _take_kept(self, work: _Work, edge: _Edge, name: str, same: bool, now: int) -> None:
        """A device is born: what was kept of it is taken where its aliases mean what they meant, else set aside."""
        kept = edge.backlog.kept_of(name)
        if kept and not same:
            self._tell("unborn", edge.source, now, count=len(kept))
        elif kept:
            self._tell("kept", edge.source, now, count=len(kept))
            device = edge.devices[name]
            many = len(kept)
            alone = _Work(decode([one.payload for one in kept]), [one.received for one in kept], [], 0, [edge.life] * many, [device.life] * many, [edge] * many)
            self._flush(alone, many)
            work.pieces += alone.pieces

    def _overdue(self, work: _Work, edge: _Edge, now: int) -> None:
        """The missing message is given up."""
        self._tell("gap", edge.source, now, expected=edge.expected, found=edge.backlog.in_turn(edge.expected)[0])
        self._happen(work, edge, Event.OVERDUE, now)

    def _drain(self, work: _Work, edge: _Edge, now: int) -> None:
        while (one := edge.backlog.due(edge.expected)) is not None:
            self._take_held(work, edge, one)
        if not edge.backlog.holding:
            self._tell("reordered", edge.source, now)
            self._happen(work, edge, Event.FILLED, now)

    def _release(self, work: _Work, edge: _Edge, before: int) -> None:
        """Take what waits and was sent before an instant (milliseconds)."""
        for one in edge.backlog.released(edge.expected, before):
            self._take_held(work, edge, one)

    def _take_held(self, work: _Work, edge: _Edge, held: Backlogged) -> None:
        """Take one message of an earlier time, after all that came before in this batch."""
        alone = _Work(decode((held.payload,)), [held.received], lives=[_NO_LIFE], device_lives=[_NO_LIFE], edges=[None])
        self._flush_so_far(work)
        self._take(alone, edge, held.route, 0, held.received)
        self._flush(alone, 1)
        work.pieces += alone.pieces

    # Births and deaths.

    def _birth(self, work: _Work, edge: _Edge, i: int, now: int) -> None:
        """An edge node is born: its aliases mean something new, its devices are to be born again."""
        for name, device in edge.devices.items():
            self._meanings.end(device.life)
            device.life = _NO_LIFE
            if name and len(device.signals):
                device.owed_since = now
                self._watched[edge.group, edge.id] = edge
        self._meanings.end(edge.life)
        edge.life = self._meanings.life()
        edge.bdseq = _bdseq(work.payloads, i)
        seq = int(work.payloads.seq[i])
        edge.expected = (seq + 1) & 255 if 0 <= seq <= 255 else 1
        edge.newest = int(work.payloads.timestamp[i])
        edge.stamps = [-2] * 256
        edge.stamps[(edge.expected - 1) & 255] = edge.newest
        edge.born_at = edge.newest
        edge.backlog.missing_since = now
        self.rebirths.born(edge.group, edge.id)
        self._device_birth(work, edge, "", i, now)

    def _device_birth(self, work: _Work, edge: _Edge, name: str, i: int, now: int) -> None:
        """A device, or with an empty name the edge node itself, states its metrics; their values are its first readings."""
        if name not in edge.devices and len(edge.devices) > self.settings.most_devices:
            self._tell("full", f"{edge.source}/{name}", now)
            return
        metrics = described(work.payloads, i, edge.group, edge.id, name)
        same = name in edge.devices and {(m.alias, m.name, m.datatype) for m in metrics} == {(m.alias, m.name, m.datatype) for m in edge.devices[name].metrics}
        many = self._describe(edge, name, metrics, now)
        self._take_kept(work, edge, name, same, now)
        self._tell("birth", f"{edge.source}/{name}" if name else edge.source, now, signals=many)
        # A birth repeats values that may be as old as they like; only a clock ahead of ours is wrong.
        lives, device_lives = np.full(len(work.payloads), edge.life), np.full(len(work.payloads), edge.devices[name].life)
        taken = take(work.payloads, i, i + 1, np.asarray(work.received, np.int64), lives, device_lives, self._meanings, self._signals.standing,
                     self._signals.last, ClockRule(self.settings.clock.ahead, _AGES))
        self._count(taken, work, [edge] * len(work.payloads), i, i + 1)
        work.pieces.append(self._signals.converted(taken.readings))

    def _describe(self, edge: _Edge, name: str, metrics: list[Described], now: int) -> int:
        """Enter what the metrics mean; how many of them are signals."""
        device = edge.devices.setdefault(name, _Device())
        self._meanings.end(device.life)
        device.life, device.metrics, device.owed_since = self._meanings.life(), metrics, 0
        signals, refs = [], []
        for metric in metrics:
            nature = metric.nature
            place = address(edge.group, edge.id, name, metric.name)
            if nature is Met.TEXT and place in self.settings.read_elsewhere:
                nature = Met.CONTROL
            signal = self._signals.number(place) if nature is Met.READINGS else None
            if signal is not None:
                if (other := self._signals.stated(signal, metric.datatype, metric.unit)) is not None:
                    self._tell(other.what, place, now, was=other.was, now=other.now)
                signals.append(signal)
                refs.append(meaning(signal, metric.datatype))
                continue
            if nature is Met.READINGS:
                self._tell("full", edge.source, now)
                nature = Met.OTHER
            refs.append(nothing(nature))
        aliased = [(metric.alias, ref) for metric, ref in zip(metrics, refs, strict=True) if metric.alias is not None]
        if len({alias for alias, _ in aliased}) < len(aliased):
            aliases = [alias for alias, _ in aliased]
            self._tell("alias", edge.source, now, alias=next(a for a in aliases if aliases.count(a) > 1))
        self._meanings.put(edge.life, np.array([alias for alias, _ in aliased], np.uint64), np.array([ref for _, ref in aliased], np.int64))
        self._meanings.put(device.life, np.array([hashed(metric.name) for metric in metrics], np.uint64), np.array(refs, np.int64))
        device.signals = np.array(signals, np.int64)
        return len(signals)

    def _end(self, work: _Work, edge: _Edge, now: int) -> None:
        """The edge node and all its devices are offline, by our clock."""
        self._tell("death", edge.source, now)
        for device in edge.devices.values():
            if device.life != _NO_LIFE or device.owed_since:
                self._stale(work, edge, device, now, now)
            self._meanings.end(device.life)
            device.life, device.owed_since = _NO_LIFE, 0
        self._meanings.end(edge.life)
        edge.life = _NO_LIFE

    def _device_death(self, work: _Work, edge: _Edge, name: str, at: int, now: int) -> None:
        device = edge.devices[name]
        self._tell("death", f"{edge.source}/{name}", now)
        self._meanings.end(device.life)
        device.life = _NO_LIFE
        self._stale(work, edge, device, at, now)

    def _stale(self, work: _Work, edge: _Edge, device: _Device, at: int, now: int) -> None:
        """Its last values stand, marked stale; after what its edge node told last, where that node's clock is ahead of ours: what is in order
        before a reading would be over with it."""
        newest = edge.newest * 1000
        if at < newest <= now + self.settings.clock.ahead:
            at = newest + 1
        if len(device.signals):
            work.pieces.append(self._signals.stale(device.signals, at, now))

    # STATE.

    def _state(self, route: Route, payload: bytes, now: int) -> None:
        """A certificate. That this host is offline is contradicted at once. The broker keeps what this host said when it left last: that
        is of before its birth, and no other program's word."""
        said = state_of(payload)
        if route.edge != self.id or not self.settings.primary or not self._connected:
            return
        if said is None:
            self._tell("garbled", route.topic, now)
        elif (again := self._certificates.contradiction(said, now)) is not None:
            if self._certificates.after_birth(said):
                self._tell("contested", self.id, now)
            self._publications.append(again)

    # Gathering.

    def _flush_so_far(self, work: _Work) -> None:
        """Take the run up to the last message that joined it."""
        joined = [i for i in range(work.begin, len(work.lives)) if work.lives[i] != _NO_LIFE]
        if joined:
            self._flush(work, joined[-1] + 1)

    def _flush(self, work: _Work, stop: int) -> None:
        """Take the run of messages before ``stop``."""
        if stop <= work.begin:
            return
        begin, work.begin = work.begin, stop
        taken = take(work.payloads, begin, stop, np.asarray(work.received, np.int64), np.asarray(work.lives, np.int64),
                     np.asarray(work.device_lives, np.int64), self._meanings, self._signals.standing, self._signals.last, self.settings.clock)
        self._count(taken, work, work.edges, begin, stop)
        if len(taken.readings):
            work.pieces.append(self._signals.converted(taken.readings))

    def _count(self, taken: Taken, work: _Work, edges: list[_Edge | None], begin: int, stop: int) -> None:
        """Count what was met, and tell what is not as it should be."""
        for met, many in enumerate(taken.met.tolist()):
            if many:
                self.counters.add(MET_NAMES[met], many)
        for i in np.flatnonzero(taken.odd[begin:stop] & ~(1 << Met.CONTROL)) + begin:
            edge = edges[i]
            if edge is None:
                continue
            for met in Met:
                if met is not Met.CONTROL and taken.odd[i] >> met & 1:
                    seconds = round(int(taken.skew[i]) / 1e6, 1)
                    self._tell(MET_NAMES[met], edge.source, work.received[i], counted=False, seconds=seconds)
                    if met is Met.UNKNOWN:
                        self.rebirths.want(edge.group, edge.id)

    def _tell(self, kind: str, source: str, at: int, counted: bool = True, count: int = 1, **values: object) -> None:
        telling = TELLINGS[kind]
        self._notices.add(kind, source, at, telling.text.filled(source=source, **values), count, telling.every_s, counted)

    def _said(self, pieces: list[Readings], now: int) -> Said:
        if self._connected:
            for group, edge in self.rebirths.due(now):
                self._tell("rebirth", f"{group}/{edge}", now)
                self._publications.append(rebirth_request(group, edge, now))
        self.units.settle()
        publications, self._publications = tuple(self._publications), []
        notices: tuple[Notice, ...] = self._notices.taken(now)
        holding = any(edge.backlog for edge in self._watched.values())
        return Said(together(pieces), notices, publications, holding=holding)


def _bdseq(payloads: Payloads, i: int) -> int | None:
    """The metric bdSeq of a birth or death; None where it has none."""
    for j in range(payloads.first[i], payloads.first[i + 1]):
        row = payloads.metrics[j]
        if row["has"] & Has.NAME and payloads.name(j) == "bdSeq" and row["kind"]:
            return int(row["bits"])
    return None
