"""The wire to an MQTT broker: connects a translator again and again until it is cancelled, and tells how the connection stands.

A lost connection is made anew with a growing pause; every connection has a will and a session of its own.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable

from qiantang.kernel.wires import Notice, Receiver
from qiantang.kernel.words import Text
from qiantang.links.messages import Publication, Translator, now_us
from qiantang.links.mqtt_session import RefusedError, Session, hand
from qiantang.links.mqtt_settings import MqttSettings

TELLINGS = {
    "connected": Text("已连接 {source}", "connected to {source}"),
    "reconnected": Text("已重新连接 {source}，中断 {seconds} 秒", "connected to {source} again after {seconds} s"),
    "disconnected": Text("与 {source} 的连接中断：{why}", "the connection to {source} is lost: {why}"),
    "refused": Text("{source} 拒绝：{why}", "{source} refuses: {why}"),
    "paused": Text("来自 {source} 的消息积压已满，暂停接收", "too much from {source} is waiting; reading is paused"),
    "too_large": Text("来自 {source} 的消息超过 {most} MiB，未接收", "a message from {source} is larger than {most} MiB and was not taken"),
    "unsent": Text("未连接 {source}，消息未发出", "messages were not sent: there is no connection to {source}"),
}
"""Kinds of notices of the wire itself."""


class MqttWire:
    """Connects a translator with a broker until cancelled."""

    def __init__(self, translator: Translator, settings: MqttSettings | None = None, clock: Callable[[], int] = now_us) -> None:
        self._translator = translator
        self.settings = settings or MqttSettings()
        self.counters = translator.counters
        self._clock = clock
        self._session: Session | None = None
        self._connected_before = 0
        self._lost_at = 0
        self._told_unsent = 0

    @property
    def source(self) -> str:
        """The broker as notices name it."""
        return f"{self.settings.host}:{self.settings.port}"

    @property
    def connected(self) -> bool:
        """Whether the connection stands and its subscriptions are granted."""
        return self._session is not None and self._session.ready

    def publish(self, publications: Iterable[Publication]) -> bool:
        """Publish now; False where there is no connection or too much is unsent already, which is counted."""
        session = self._session
        told = list(publications)
        if session is None or not session.ready or session.unsent > self.settings.most_unsent:
            if told:
                self.counters.add("unsent", len(told))
            return False
        session.publish(told)
        return True

    async def run(self, receiver: Receiver) -> None:
        """Receive for ever; leaves in good order when cancelled."""
        pause = self.settings.first_pause_s
        while True:
            session = self._session = Session(self._translator, self.settings, self._clock)
            why = ""
            try:
                await session.open()
                pause = self.settings.first_pause_s
                self._tell_connected(receiver)
                await session.work(receiver, self._tell)
                why = "closed"
            except (OSError, TimeoutError, RefusedError) as wrong:
                why = str(wrong) or type(wrong).__name__
                self._tell(receiver, "refused" if isinstance(wrong, RefusedError) else "disconnected", why=why)
            except asyncio.CancelledError:
                await session.leave()
                raise
            except Exception:
                # Whatever nobody foresaw is for the node to tell; what came over this connection is stale all the same.
                if session.ready:
                    self._lost_at = self._clock()
                    await hand(receiver, self._translator.disconnected(self._lost_at))
                raise
            finally:
                was_ready = session.ready
                await session.close()
            if was_ready:
                self._lost_at = self._clock()
                if why == "closed" and not session.left:
                    self._tell(receiver, "disconnected", why=why)
                await hand(receiver, self._translator.disconnected(self._lost_at))
            if not session.left:
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))
                pause = min(2 * pause, self.settings.longest_pause_s)

    def _tell(self, receiver: Receiver, kind: str, **values: object) -> None:
        self.counters.add(kind)
        receiver.notice(Notice(kind, self.source, self._clock(), TELLINGS[kind].filled(source=self.source, **values)))

    def _tell_connected(self, receiver: Receiver) -> None:
        self._connected_before += 1
        if self._connected_before == 1:
            self._tell(receiver, "connected")
        else:
            self._tell(receiver, "reconnected", seconds=round((self._clock() - self._lost_at) / 1e6, 1) if self._lost_at else "?")
