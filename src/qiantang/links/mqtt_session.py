"""One connection to an MQTT broker, from its will to its farewell: micro-batches to a translator, acknowledged when they are safe.

gmqtt speaks the protocol. A message of quality 1 is acknowledged when its ``Delivery`` is settled, in the order of arrival. What
waits is bounded in bytes: beyond, the socket is read no more, so that the broker, and MQTT 5's receive maximum, hold back
the senders.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qiantang.kernel.wires import Delivery, Receiver
from qiantang.links.messages import Messages, Publication, Said, Translator
from qiantang.links.mqtt_settings import MqttSettings

if TYPE_CHECKING:
    from qiantang.links.mqtt_line import Publications

_QUIET = logging.getLogger("qiantang.links.mqtt.gmqtt")
_QUIET.setLevel(logging.CRITICAL)
_ALONG = 64
"""What a message takes beside its topic and payload, in bytes, roughly."""
_LITTLE = 2**16
"""So many bytes at once are a stream, not single messages."""
_MOST_TOPICS = 100_000
"""So many topics are kept as text."""
_REFUSED = 0x80
_WITH_WILL = 0x04


class RefusedError(Exception):
    """The broker will not have this connection or subscription."""


async def hand(receiver: Receiver, said: Said) -> None:
    """Give the receiver what was said when nothing awaits acknowledgement."""
    for notice in said.notices:
        receiver.notice(notice)
    if not said.empty:
        await receiver.deliver(Delivery(said.readings, pieces=said.pieces))


@dataclass(slots=True)
class _Batch:
    """What awaits its acknowledgement: packet identifiers in the order of arrival, 0 for a message that asks for none."""

    packets: list[int]
    handed: bool = False
    settled: bool = False


class _Unconfirmed:
    """What gmqtt keeps of messages that the broker has not confirmed: only which, for no connection outlives itself here."""

    def __init__(self, confirmed: Callable[[], None]) -> None:
        self._packets: set[int] = set()
        self._confirmed = confirmed

    @property
    def is_empty(self) -> bool:
        """Whether all are confirmed."""
        return not self._packets

    def push_message(self, mid: int, raw_package: bytes) -> None:
        """One was sent."""
        self._packets.add(mid)

    def remove_message_by_mid(self, mid: int) -> None:
        """One is confirmed: there is room for another."""
        self._packets.discard(mid)
        self._confirmed()

    def get_all(self) -> list[tuple[int, bytes]]:
        """Nothing is sent again."""
        return []

    def clear(self) -> None:
        """The broker remembers none."""
        self._packets.clear()

    async def wait_empty(self) -> None:
        """Nothing to wait for."""


class Session:
    """One connection, to be opened, worked with until it is gone, and closed. ``ready`` while it stands and its subscriptions are granted,
    ``left`` once its translator asked to leave."""

    def __init__(self, translator: Translator, settings: MqttSettings, clock: Callable[[], int]) -> None:
        import gmqtt  # type: ignore[import-untyped]  # it ships no types

        from qiantang.links.mqtt_line import connecting

        self._translator, self._settings, self._clock = translator, settings, clock
        self._will = translator.will(clock())
        properties: dict[str, Any] = {"receive_maximum": settings.receive_maximum, "maximum_packet_size": settings.most_packet}
        if settings.session_s:
            properties["session_expiry_interval"] = settings.session_s
        will = self._will and gmqtt.Message(self._will.topic, self._will.payload, qos=self._will.qos, retain=self._will.retain)
        self._unconfirmed = _Unconfirmed(self._send)
        self._client = gmqtt.Client(settings.client or None, clean_session=not settings.session_s, optimistic_acknowledgement=False,
                                    will_message=will, persistent_storage=self._unconfirmed, logger=_QUIET,
                                    **(properties if settings.version == 5 else {}))
        # Below "for ever" (-1) it never connects anew by itself: each connection here has a will and a session of its own.
        self._client.set_config({"reconnect_retries": -2, "reconnect_delay": 0})
        if settings.user:
            self._client.set_auth_credentials(settings.user, settings.password)
        self._client.on_message = self._arrived_once
        self._client.on_disconnect = self._gone
        self._client.on_subscribe = self._granted
        # gmqtt acknowledges at once, or after a task for each message; ours are acknowledged many at once, when they are safe.
        self._client._package_handler._handle_qos_1_publish_packet = self._arrived_at_least_once  # noqa: SLF001  # gmqtt offers no other way
        self._client._create_connection = connecting(self._arrived, settings.most_packet, self._passed_over, self._client)  # noqa: SLF001  # likewise
        self._topic_texts: dict[bytes, str] = {}
        self._loop = asyncio.get_running_loop()
        self._waiting = Messages()
        self._packets: list[int] = []
        self._bytes = 0
        self._wake, self._subscribed = asyncio.Event(), asyncio.Event()
        self._refused_topics: list[str] = []
        self._topics: list[str] = []
        self._unacknowledged: deque[_Batch] = deque()
        self._outbox: deque[Publication] = deque()
        self._outbox_bytes = 0
        self._closed = False
        self._leaving = False
        self._pauses = self._too_large = 0
        self.ready = False
        self.left = False

    # The connection.

    async def open(self) -> None:
        """Connect, subscribe, and say the greeting; OSError, TimeoutError or RefusedError where that fails."""
        import gmqtt

        settings = self._settings
        try:
            async with asyncio.timeout(settings.patience_s):
                await self._client.connect(settings.host, settings.port, ssl=settings.tls or False, keepalive=settings.keepalive_s,
                                           version=settings.version)
                prefix = f"$share/{settings.shared}/" if settings.shared else ""
                own = [(topic if topic.startswith("$") or "/STATE/" in topic else prefix + topic, qos) for topic, qos in self._translator.subscriptions]
                self._topics = [topic for topic, _ in own]
                if own:
                    self._client.subscribe([gmqtt.Subscription(topic, qos) for topic, qos in own])
                    await self._subscribed.wait()
        except gmqtt.MQTTConnectError as wrong:
            raise RefusedError(str(wrong)) from wrong
        if self._closed:
            raise ConnectionError("closed at once")
        if self._refused_topics:
            raise RefusedError("subscribe " + ", ".join(self._refused_topics))
        self.ready = True

    async def work(self, receiver: Receiver, tell: Callable[..., None]) -> None:
        """Hand over batches until the connection is gone; what had come before is handed over too."""
        greeting = self._translator.connected(self._clock())
        self.publish(greeting.publications)
        await hand(receiver, greeting)
        tick = self._settings.tick_ms / 1000
        pauses = 0
        while not self._closed or len(self._waiting):
            if not len(self._waiting):
                try:
                    async with asyncio.timeout(tick):
                        await self._wake.wait()
                except TimeoutError:
                    pass
                else:
                    await self._linger()
            self._wake.clear()
            batch, packets, self._waiting, self._packets = self._waiting, self._packets, Messages(), []
            self._bytes = 0
            for part in batch.parts(self._settings.most_batch):
                await self._hand_over(receiver, self._translator.feed(batch.taken(part)), packets[part])
            if self._pauses > pauses:
                pauses = self._pauses
                tell(receiver, "paused")
            for _ in range(self._too_large):
                self._too_large -= 1
                tell(receiver, "too_large", most=self._settings.most_packet >> 20)
            self._read_on()
            if self.unsent < self._settings.most_unsent:
                await self._hand_over(receiver, self._translator.tick(self._clock()), [])
            if self.left:
                return

    async def _linger(self) -> None:
        """Let a batch gather. While little comes it gathers in the socket, to be read at once: a call for each message would cost
        more than the message."""
        if self._bytes >= self._settings.most_batch or self._closed:
            return
        transport = self._transport
        little = self._bytes < _LITTLE and transport is not None and transport.is_reading()
        if little:
            transport.pause_reading()
        await asyncio.sleep(self._settings.linger_ms / 1000)
        if little:
            self._read_on()
            # Once round the loop to be asked for again, once to be read.
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def _hand_over(self, receiver: Receiver, said: Said, packets: list[int]) -> None:
        for notice in said.notices:
            receiver.notice(notice)
        self.publish(said.publications)
        if said.leave:
            self.left = True
        # While something waits for what came out of order, its acknowledgement waits for the batch that brings it.
        if any(packets):
            self._unacknowledged.append(_Batch(packets))
        if said.holding:
            if not said.empty:
                await receiver.deliver(Delivery(said.readings, pieces=said.pieces))
            return
        due = [one for one in self._unacknowledged if not one.handed]
        for one in due:
            one.handed = True
        if not due:
            if not said.empty:
                await receiver.deliver(Delivery(said.readings, pieces=said.pieces))
        elif not said.empty:
            await receiver.deliver(Delivery(said.readings, lambda: self._settle(due), said.pieces))
        else:
            self._settle(due)

    async def leave(self) -> None:
        """Say farewell, as far as that can be done in the time there is for it."""
        if not self.ready or self._closed:
            return
        # What comes from here on is not taken: unacknowledged, it comes again to whoever is there next.
        self._leaving = True
        self._read_on()
        self.publish(self._translator.farewell(self._clock()))
        retained = self._will is None or self._will.retain
        try:
            async with asyncio.timeout(self._settings.farewell_s):
                # A socket that is closed over a confirmation nobody read is reset, and what was said last is lost with it.
                while (self._outbox or not self._unconfirmed.is_empty) and not self._closed:
                    await asyncio.sleep(0.002)
                # An edge node's death may come twice; a host's would come with the instant of its birth.
                await self._client.disconnect(reason_code=0 if retained else _WITH_WILL)
        except (OSError, TimeoutError):
            return

    async def close(self) -> None:
        """Let go of the socket."""
        self.ready = False
        self._closed = True
        transport = self._transport
        if transport is not None and not transport.is_closing():
            if self.left:
                await self.leave_quietly()
            transport.close()
        await asyncio.sleep(0)

    async def leave_quietly(self) -> None:
        """Wait a moment for what was published last to be written."""
        for _ in range(100):
            if not self.unsent:
                return
            await asyncio.sleep(0.01)

    @property
    def _transport(self) -> Any:
        connection = self._client._connection  # noqa: SLF001  # the transport is what pauses and resumes reading
        return None if connection is None else connection._transport  # noqa: SLF001  # likewise

    @property
    def unsent(self) -> int:
        """Bytes that wait to be sent, or that the socket has not taken yet."""
        transport = self._transport
        return self._outbox_bytes + (0 if transport is None or transport.is_closing() else transport.get_write_buffer_size())

    def publish(self, publications: Iterable[Publication]) -> None:
        """Publish in this order; what the broker will not take before it has confirmed others waits."""
        for one in publications:
            self._outbox.append(one)
            self._outbox_bytes += len(one.payload) + len(one.topic) + _ALONG
        self._send()

    def _send(self) -> None:
        while self._outbox and not self._closed:
            one = self._outbox[0]
            try:
                self._client.publish(one.topic, one.payload, qos=one.qos, retain=one.retain)
            except OverflowError:
                return
            self._outbox.popleft()
            self._outbox_bytes -= len(one.payload) + len(one.topic) + _ALONG

    # What the line and gmqtt call.

    def _arrived(self, found: Publications) -> None:
        """Publications of the usual kind."""
        if self._leaving:
            return
        texts, waiting = self._topic_texts, self._waiting
        waiting.topics += [texts.get(topic) or self._text(topic) for topic in found.topics]
        waiting.payloads += found.payloads
        waiting.received += [self._clock()] * len(found.topics)
        self._packets += found.packets
        self._more(sum(map(len, found.payloads)) + sum(map(len, found.topics)) + _ALONG * len(found.topics))

    def _arrived_once(self, client: object, topic: str, payload: bytes, qos: int, properties: object) -> None:
        self._add(topic, payload, 0)

    def _arrived_at_least_once(self, packet: int, payload: bytes, topic: str, properties: object) -> None:
        self._add(topic, payload, packet)

    def _passed_over(self) -> None:
        self._too_large += 1
        self._wake.set()

    def _add(self, topic: str, payload: bytes, packet: int) -> None:
        if self._leaving:
            return
        self._waiting.add(topic, payload, self._clock())
        self._packets.append(packet)
        self._more(len(payload) + len(topic) + _ALONG)

    def _text(self, topic: bytes) -> str:
        """A topic that is new."""
        if len(self._topic_texts) >= _MOST_TOPICS:
            self._topic_texts.clear()
        text = self._topic_texts[topic] = topic.decode("utf-8", "replace")
        return text

    def _more(self, many: int) -> None:
        """So many bytes more wait."""
        if not self._bytes:
            self._wake.set()
        self._bytes += many
        if self._bytes > self._settings.most_waiting:
            transport = self._transport
            if transport is not None and transport.is_reading():
                transport.pause_reading()
                self._pauses += 1

    def _read_on(self) -> None:
        transport = self._transport
        if transport is not None and not transport.is_closing() and not transport.is_reading():
            transport.resume_reading()

    def _gone(self, *_: object, **__: object) -> None:
        self._closed = True
        self._wake.set()
        self._subscribed.set()

    def _granted(self, client: object, packet: int, granted: tuple[int, ...], properties: object) -> None:
        self._refused_topics = [topic for topic, qos in zip(self._topics, granted, strict=False) if qos >= _REFUSED]
        self._subscribed.set()

    # Acknowledgement.

    def _settle(self, batches: list[_Batch]) -> None:
        """These are safe; called from the loop's own thread or from another."""
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here:
            self._acknowledge(batches)
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._acknowledge, batches)

    def _acknowledge(self, batches: list[_Batch]) -> None:
        """Acknowledge what is safe, in the order of arrival: nothing before what came before it."""
        for batch in batches:
            batch.settled = True
        done: list[int] = []
        while self._unacknowledged and self._unacknowledged[0].settled:
            done += self._unacknowledged.popleft().packets
        transport = self._transport
        if done and transport is not None and not self._closed:
            transport.write(b"".join(b"\x40\x02" + packet.to_bytes(2, "big") for packet in done if packet))
