"""Piece events as JSON over a broker: an object a piece and step, or a list of them, on the topics that a plant names.

What cannot be read is counted, told with topic, field, value and remedy, and left out; its message is acknowledged all the same, for
sending it again would not make it right.
"""

from __future__ import annotations

from collections.abc import Mapping

from qiantang.kernel.pieces import PieceEvent
from qiantang.kernel.wires import Counters
from qiantang.links.json_topics import TopicMapping
from qiantang.links.messages import Listening, Messages, Noticing, Said
from qiantang.links.piece_rows import PieceFields, events_of_json, noticed


class PieceTopics(Listening):
    """Translates topics into piece events; ``topics`` says for each filter how its messages are written."""

    def __init__(self, topics: Mapping[str, PieceFields], counters: Counters | None = None) -> None:
        self.counters = counters or Counters()
        self._topics = [(TopicMapping(topic), fields) for topic, fields in topics.items()]
        self._notices = Noticing(self.counters)

    @property
    def subscriptions(self) -> tuple[tuple[str, int], ...]:
        """The filters, each acknowledged once what it brought is durable."""
        return tuple((mapping.filter, 1) for mapping, _ in self._topics)

    def tick(self, now: int) -> Said:
        """What is due to be told."""
        return Said(notices=self._notices.taken(now))

    def feed(self, batch: Messages) -> Said:
        """Take a batch of messages in their order."""
        found: list[PieceEvent] = []
        for topic, payload, now in zip(batch.topics, batch.payloads, batch.received, strict=True):
            self.counters.add("messages")
            fields = next((fields for mapping, fields in self._topics if mapping.met(topic) is not None), None)
            if fields is None:
                continue
            events, faults = events_of_json(payload, fields, topic, now)
            found += events
            noticed(self._notices, faults, topic, now)
        self.counters.add("pieces", len(found))
        return Said(notices=self._notices.taken(batch.received[-1] if len(batch) else 0), pieces=tuple(found))
