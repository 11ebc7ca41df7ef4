"""Piece events as text metrics of Sparkplug B: the value of a named metric is a JSON object, beside the readings of its edge node.

The host goes on as it does without: it counts texts as no readings. Only messages of the devices that have such a metric are looked
at twice. A birth states the last event again; told twice it is one. Where a metric's metadata bear an MD5 sum that its text does not
have, nothing of the text is taken, and the edge node is asked to be born again, once a minute at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from qiantang.kernel.errors import Fault, Place
from qiantang.kernel.pieces import PieceEvent
from qiantang.kernel.wires import Counters
from qiantang.kernel.words import Text
from qiantang.links.messages import Messages, Noticing, Publication, Said
from qiantang.links.piece_rows import PieceFields, events_of_json, noticed
from qiantang.links.sparkplug.decoding import decode
from qiantang.links.sparkplug.described import fields_of
from qiantang.links.sparkplug.encoding import md5_of
from qiantang.links.sparkplug.host import SparkplugHost
from qiantang.links.sparkplug.topics import Route, Verb, address, route_of

_METRIC, _NAME, _ALIAS, _METADATA, _STRING = 2, 1, 2, 8, 15
_MD5 = 7
_AGAIN_US = 60_000_000
_DAMAGED = Text("文本与其 MD5 校验和不符，在途中受损；已要求重新上线", "the text does not have its MD5 sum: it was damaged on its way; a rebirth is asked for")
_BEARING = (Verb.NBIRTH, Verb.DBIRTH, Verb.NDATA, Verb.DDATA)


class PieceMetrics:
    """A Sparkplug host with an eye for pieces. ``metrics`` says for each address (``group/edge/device/metric``) how its texts are written."""

    def __init__(self, host: SparkplugHost, metrics: Mapping[str, PieceFields]) -> None:
        self.host = host
        self._metrics = dict(metrics)
        self._sources = {"/".join(part for part in name.split("/", 3)[:3] if part) for name in metrics}
        self._notices = Noticing(host.counters)
        self._damaged: dict[tuple[str, str], None] = {}
        self._asked: dict[tuple[str, str], int] = {}
        self._named = {(m.group, m.edge, m.alias): address(m.group, m.edge, m.device, m.name) for m in host.births if m.alias is not None}

    @property
    def subscriptions(self) -> tuple[tuple[str, int], ...]:
        """Those of the host."""
        return self.host.subscriptions

    @property
    def counters(self) -> Counters:
        """Those of the host, with ``pieces`` and ``piece_faulty``."""
        return self.host.counters

    def will(self, now: int) -> Publication | None:
        """The host's."""
        return self.host.will(now)

    def connected(self, now: int) -> Said:
        """What the host says."""
        return self.host.connected(now)

    def disconnected(self, now: int) -> Said:
        """What the host says."""
        return self.host.disconnected(now)

    def farewell(self, now: int) -> tuple[Publication, ...]:
        """What the host says."""
        return self.host.farewell(now)

    def tick(self, now: int) -> Said:
        """What the host says, and what is due to be told."""
        for who in [who for who in self._damaged if now - self._asked.get(who, now - _AGAIN_US) >= _AGAIN_US]:
            del self._damaged[who]
            self._asked[who] = now
            self.host.rebirths.want(*who)
        said = self.host.tick(now)
        told = self._notices.taken(now)
        return replace(said, notices=(*said.notices, *told)) if told else said

    def feed(self, batch: Messages) -> Said:
        """Take a batch of messages in their order."""
        found: list[PieceEvent] = []
        for topic, payload, now in zip(batch.topics, batch.payloads, batch.received, strict=True):
            route = route_of(topic)
            if route is not None and route.verb in _BEARING and route.source in self._sources:
                for name, text, whole in self._texts(route, payload):
                    if whole:
                        events, faults = events_of_json(text, self._metrics[name], name, now)
                        found += events
                    else:
                        faults = [Fault(_DAMAGED, Place(path=name))]
                        self._damaged[route.group, route.edge] = None
                    noticed(self._notices, faults, name, now)
        said = self.host.feed(batch)
        if not found:
            return said
        self.counters.add("pieces", len(found))
        return replace(said, pieces=tuple(found))

    def _texts(self, route: Route, payload: bytes) -> list[tuple[str, str, bool]]:
        """The texts of the metrics that are named, by address, and whether each came whole as far as its metadata say; nothing of a
        payload that cannot be read, which the host tells."""
        if not decode((payload,)).fine[0]:
            return []
        found = []
        for number, raw in fields_of(payload):
            if number != _METRIC or not isinstance(raw, bytes):
                continue
            metric = dict(fields_of(raw))
            alias, name = metric.get(_ALIAS), metric.get(_NAME)
            if isinstance(name, bytes):
                called = address(route.group, route.edge, route.device, name.decode("utf-8", errors="replace"))
                if isinstance(alias, int):
                    self._named[route.group, route.edge, alias] = called
            else:
                called = self._named.get((route.group, route.edge, alias), "") if isinstance(alias, int) else ""
            text = metric.get(_STRING)
            if called in self._metrics and isinstance(text, bytes) and text:
                said = text.decode("utf-8", errors="replace")
                found.append((called, said, _sum_in(metric.get(_METADATA)) in ("", md5_of(said))))
        return found


def _sum_in(metadata: int | bytes | None) -> str:
    """The MD5 sum in a metric's metadata, in small letters; empty where there is none."""
    stated = dict(fields_of(metadata)).get(_MD5) if isinstance(metadata, bytes) else None
    return stated.decode("ascii", errors="replace").strip().lower() if isinstance(stated, bytes) else ""
