"""OPC UA: a server's items subscribed, every change in columns; a gap in its count is asked for again, a lost server comes back whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from qiantang.kernel.errors import FactsError
from qiantang.kernel.readings import NO_SEQUENCE, Quality, readings
from qiantang.kernel.wires import Counters, Delivery, Notice, Receiver
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    from asyncua.client.client import Client
    from asyncua.common.node import Node

ITEMS_AT_ONCE = 1000
"""Items created in one request: many servers refuse more."""
ITEMS_EACH = 5000
"""Items of one subscription: a server publishes each subscription in turn."""
CLOCK_ALLOWED_S = 60.0
"""A source whose clock is further off than this is not believed: the time of receipt is taken, and the reading says so."""
_REPUBLISHED_AT_MOST = 16
_QUIET = 3
"""A subscription silent for so many keep-alive times is taken for lost."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OpcUaServer:
    """A server to subscribe at: its address, and which node (as text, ``ns=2;s=press1.temperature``) is which signal.

    ``publishing_ms`` is how often it may send, ``sampling_ms`` how often it looks at an item that it does not watch by itself
    (one that it does it tells at each change), ``queue`` how many changes of one item it keeps between. ``user`` and
    ``password`` sign in.
    """

    url: str
    items: Mapping[str, int]
    publishing_ms: float = 100.0
    sampling_ms: float = 250.0
    queue: int = 10
    user: str = ""
    password: str = field(default="", repr=False)
    longest_wait_s: float = 30.0


def addressed(address: str) -> tuple[str, str]:
    """Server and node of a signal's address, ``opc.tcp://HOST:PORT|ns=2;s=press1.temperature``; FactsError for any other text."""
    server, bar, node = address.partition("|")
    if not server.startswith("opc.tcp://") or not bar or not node:
        raise FactsError.of(f"不是 OPC UA 地址：{address}", f"no OPC UA address: {address}", value=address,
                            remedy=Text("如 opc.tcp://10.0.0.5:4840|ns=2;s=press1.temperature", "For example opc.tcp://10.0.0.5:4840|ns=2;s=press1.temperature"))
    return server, node


@dataclass(slots=True)
class _Subscription:
    id: int
    last_sequence: int = 0
    heard_at: float = 0.0


class OpcUaWire:
    """One server, for ever: connects, subscribes, and starts again from the beginning when the server is lost.

    When it is lost the last values are handed over once more, marked stale. After each start every item sends its present value,
    so what changed while the server was away is read back; what happened between is a gap, which is told with its length. A
    notice is ``birth``, ``death``, ``gap``, ``reconnected``,
    ``refused`` (an item the server does not have) or ``clock``.
    """

    def __init__(self, server: OpcUaServer) -> None:
        self.server = server
        self._counters = Counters()
        self._nodes = list(server.items)
        self._signals = [server.items[node] for node in self._nodes]
        self._lost_at: float | None = None
        self._last = [float("nan")] * len(self._nodes)
        self._newest = 0

    @property
    def counters(self) -> Counters:
        """``readings``, ``gaps``, ``republished``, ``missed`` (notifications lost for good), ``refused``, ``reconnects``,
        ``failed`` (attempts to connect), ``clock``, ``not_a_number``."""
        return self._counters

    async def run(self, receiver: Receiver) -> None:
        """Receive until cancelled."""
        wait = 0.2
        while True:
            try:
                await self._session(receiver)
                wait = 0.2
            except asyncio.CancelledError:
                raise
            except Exception as wrong:  # noqa: BLE001  # whatever a foreign server does, the wire goes on and says so
                self._counters.add("failed")
                if self._lost_at is None:
                    self._lost_at = time.monotonic()
                    self._tell(receiver, "death", Text(f"{self.server.url} 无法连接：{type(wrong).__name__}",
                                                       f"{self.server.url} cannot be reached: {type(wrong).__name__}"))
                    await self._stale(receiver)
            await asyncio.sleep(wait)
            wait = min(wait * 2, self.server.longest_wait_s)

    async def _session(self, receiver: Receiver) -> None:
        from asyncua.client.client import Client

        client = Client(self.server.url, timeout=10)
        client.name = "qiantang"
        if self.server.user:
            client.set_user(self.server.user)
            client.set_password(self.server.password)
        await client.connect(auto_reconnect=False)
        try:
            lost = asyncio.Event()

            async def gone(_: Exception) -> None:
                lost.set()

            client.connection_lost_callback = gone
            subscriptions = await self._subscribed(client, receiver)
            self._arrived(receiver)
            await self._until_lost(lost, subscriptions)
            self._lost_at = time.monotonic()
            self._tell(receiver, "death", Text(f"{self.server.url} 连接中断", f"the connection to {self.server.url} was lost"))
            await self._stale(receiver)
        finally:
            await _closed(client)

    def _arrived(self, receiver: Receiver) -> None:
        if self._lost_at is None:
            self._tell(receiver, "birth", Text(f"已订阅 {self.server.url}", f"subscribed at {self.server.url}"))
            return
        away = time.monotonic() - self._lost_at
        self._lost_at = None
        self._counters.add("reconnects")
        self._tell(receiver, "reconnected", Text(f"{self.server.url} 已恢复，中断 {away:.1f} 秒，其间的变化没有记录",
                                                 f"{self.server.url} is back after {away:.1f} s; what changed in between was not recorded"))

    async def _until_lost(self, lost: asyncio.Event, subscriptions: Sequence[_Subscription]) -> None:
        """Until the connection is lost or a subscription has been silent for too long."""
        patience = max(5.0, _QUIET * self._keep_alives() * self.server.publishing_ms / 1000)
        while not lost.is_set():
            try:
                async with asyncio.timeout(0.5):
                    await lost.wait()
            except TimeoutError:
                if any(time.monotonic() - s.heard_at > patience for s in subscriptions):
                    return

    def _keep_alives(self) -> int:
        return max(1, round(1000 / self.server.publishing_ms))

    async def _subscribed(self, client: Client, receiver: Receiver) -> list[_Subscription]:
        from asyncua import ua

        made = []
        session = client.uaclient.session
        for first in range(0, len(self._nodes), ITEMS_EACH):
            asked = ua.CreateSubscriptionParameters()
            asked.RequestedPublishingInterval = self.server.publishing_ms
            asked.RequestedLifetimeCount = 10_000
            asked.RequestedMaxKeepAliveCount = self._keep_alives()
            asked.MaxNotificationsPerPublish = 10_000
            asked.PublishingEnabled = True
            subscription = _Subscription(0, heard_at=time.monotonic())

            async def published(result: Any, subscription: _Subscription = subscription) -> None:
                await self._published(client, receiver, subscription, result)

            told = await session.create_subscription(asked, published)
            subscription.id = told.SubscriptionId
            made.append(subscription)
            last = min(first + ITEMS_EACH, len(self._nodes))
            for start in range(first, last, ITEMS_AT_ONCE):
                await self._items(client, receiver, subscription.id, range(start, min(start + ITEMS_AT_ONCE, last)))
        return made

    async def _items(self, client: Client, receiver: Receiver, subscription: int, places: range) -> None:
        """Have the server watch the items at these places; those it does not have are told together."""
        from asyncua import ua
        from asyncua.ua.attribute_ids import AttributeIds

        nodes = [ua.NodeId.from_string(self._nodes[place]) for place in places]
        intervals = await self._intervals(client, nodes)
        asked = []
        for place, node, interval in zip(places, nodes, intervals, strict=True):
            watched = ua.ReadValueId()
            watched.NodeId = node
            watched.AttributeId = AttributeIds.Value
            how = ua.MonitoringParameters()
            how.ClientHandle = place
            how.SamplingInterval = interval
            how.QueueSize = self.server.queue
            how.DiscardOldest = True
            asked.append(ua.MonitoredItemCreateRequest(ItemToMonitor=watched, MonitoringMode=ua.MonitoringMode.Reporting, RequestedParameters=how))
        wanted = ua.CreateMonitoredItemsParameters()
        wanted.SubscriptionId = subscription
        wanted.ItemsToCreate = asked
        wanted.TimestampsToReturn = ua.TimestampsToReturn.Both
        results = await client.uaclient.session.create_monitored_items(wanted)
        refused = [self._nodes[place] for place, result in zip(places, results, strict=True) if not result.StatusCode.is_good()]
        if refused:
            self._counters.add("refused", len(refused))
            self._tell(receiver, "refused", Text(f"服务器没有这些节点：{'、'.join(refused[:5])}", f"the server has no such nodes: {', '.join(refused[:5])}"),
                       len(refused))

    async def _intervals(self, client: Client, nodes: Sequence[Any]) -> list[float]:
        """How often the server is to look at each item.

        Where its MinimumSamplingInterval is 0, the server need not look: asked for 0 it tells a change when it happens, without
        the wait for the next look and for a fraction of its own processor time. Asked of any other item, 0 is the fastest
        that the server can, which may be a burden on it or on the machine behind it.
        """
        from asyncua.ua.attribute_ids import AttributeIds
        from asyncua.ua.uaerrors import UaError

        try:
            least = await client.uaclient.session.read_attributes(list(nodes), AttributeIds.MinimumSamplingInterval)
        except UaError:  # the server does not say it, or not of so many items at once
            return [self.server.sampling_ms] * len(nodes)
        return [0.0 if told.Value is not None and told.Value.Value == 0 else self.server.sampling_ms for told in least]

    async def _published(self, client: Client, receiver: Receiver, subscription: _Subscription, result: Any) -> None:
        """What a subscription sent; while the receiver is full nothing more is asked for, and the server keeps what it can."""
        subscription.heard_at = time.monotonic()
        message = result.NotificationMessage
        if not message.NotificationData:
            return
        sequence = int(message.SequenceNumber)
        missing = sequence - subscription.last_sequence - 1 if subscription.last_sequence else 0
        if missing > 0:
            await self._asked_again(client, receiver, subscription, range(subscription.last_sequence + 1, sequence))
        subscription.last_sequence = sequence
        await self._delivered(receiver, message.NotificationData)

    async def _asked_again(self, client: Client, receiver: Receiver, subscription: _Subscription, gap: range) -> None:
        self._counters.add("gaps")
        found = 0
        for sequence in list(gap)[-_REPUBLISHED_AT_MOST:]:
            try:
                message = await client.uaclient.session.republish(subscription.id, sequence)
            except Exception:  # noqa: BLE001  # the server no longer has it: it is counted as missed
                continue
            found += 1
            await self._delivered(receiver, message.NotificationData or [])
        self._counters.add("republished", found)
        self._counters.add("missed", len(gap) - found)
        self._tell(receiver, "gap", Text(f"{self.server.url} 缺 {len(gap)} 条通知，补回 {found} 条",
                                         f"{self.server.url}: {len(gap)} notifications missing, {found} sent again"), len(gap))

    async def _delivered(self, receiver: Receiver, notifications: Sequence[Any]) -> None:
        signals: list[int] = []
        at: list[int] = []
        values: list[float] = []
        quality: list[int] = []
        received = time.time_ns() // 1000
        for place, value in _changes(notifications):
            figure, known = _figure(value.Value.Value if value.Value is not None else None)
            instant = value.SourceTimestamp or value.ServerTimestamp
            us = received if instant is None else _microseconds(instant)
            against = known | _status(value.StatusCode)
            if abs(us - received) > CLOCK_ALLOWED_S * 1e6:
                against |= Quality.CLOCK
                us = received
            signals.append(self._signals[place])
            self._last[place] = figure
            self._newest = max(self._newest, us)
            at.append(us)
            values.append(figure)
            quality.append(int(against))
        if not signals:
            return
        self._counters.add("readings", len(signals))
        for name, bit in (("clock", Quality.CLOCK), ("not_a_number", Quality.NOT_A_NUMBER)):
            many = sum(1 for q in quality if q & bit)
            if many:
                self._counters.add(name, many)
        await receiver.deliver(Delivery(readings(signals, at, values, received=received, quality=quality, sequence=NO_SEQUENCE)))

    async def _stale(self, receiver: Receiver) -> None:
        """The server is lost: its last values stand, marked stale, after all that it told though its clock be ahead of ours."""
        now = time.time_ns() // 1000
        quality = [int(Quality.STALE | (Quality.NOT_A_NUMBER if value != value else 0)) for value in self._last]  # NaN differs from itself
        await receiver.deliver(Delivery(readings(self._signals, max(now, self._newest + 1), self._last, received=now, quality=quality)))

    def _tell(self, receiver: Receiver, kind: str, told: Text, count: int = 1) -> None:
        receiver.notice(Notice(kind, self.server.url, time.time_ns() // 1000, told, count))


@dataclass(frozen=True, slots=True)
class Described:
    """What a server says of one of its variables: node, path of names from the folder browsed, type, unit, range."""

    node: str
    path: tuple[str, ...]
    type: str
    unit: str = ""
    least: float | None = None
    most: float | None = None


async def described(url: str, below: str = "i=85", deepest: int = 12, most: int = 100_000) -> list[Described]:
    """Every numeric or boolean variable below a node (the Objects folder), in the order of its path; what the
    standard itself puts there (namespace 0) is left out."""
    from asyncua.client.client import Client

    async with Client(url, timeout=20) as client:
        found: list[Described] = []
        seen: set[str] = set()
        waiting: list[tuple[Node, tuple[str, ...]]] = [(client.get_node(below), ())]
        while waiting and len(found) < most:
            node, path = waiting.pop()
            if node.nodeid.to_string() in seen or len(path) > deepest:
                continue
            seen.add(node.nodeid.to_string())
            for told in await node.get_children_descriptions():
                if told.NodeId.NamespaceIndex == 0:
                    continue
                child = client.get_node(told.NodeId)
                name = (*path, str(told.BrowseName.Name))
                if told.NodeClass.name == "Variable":
                    one = await _variable(child, name)
                    if one is not None:
                        found.append(one)
                elif told.NodeClass.name == "Object":
                    waiting.append((child, name))
    return sorted(found, key=lambda d: d.path)


_NUMERIC = frozenset({"Boolean", "SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Float", "Double"})


async def _variable(node: Node, path: tuple[str, ...]) -> Described | None:
    kind = (await node.read_data_type_as_variant_type()).name
    if kind not in _NUMERIC:
        return None
    unit, least, most = "", None, None
    for told in await node.get_properties():
        name = (await told.read_browse_name()).Name
        if name in ("EngineeringUnits", "EURange"):
            value = await told.read_value()
            if name == "EngineeringUnits" and value is not None:
                unit = str(value.DisplayName.Text or "")
            elif value is not None:
                least, most = float(value.Low), float(value.High)
    return Described(node.nodeid.to_string(), path, kind, unit, least, most)


def _changes(notifications: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    from asyncua import ua

    for notification in notifications:
        if isinstance(notification, ua.DataChangeNotification):
            for item in notification.MonitoredItems:
                yield item.ClientHandle, item.Value


def _figure(value: object) -> tuple[float, Quality]:
    if isinstance(value, bool | int | float):
        figure = float(value)
        if figure - figure == 0.0:  # neither NaN nor infinite
            return figure, Quality.GOOD
    return float("nan"), Quality.NOT_A_NUMBER


def _status(code: Any) -> Quality:
    return Quality.GOOD if code is None or code.is_good() else Quality.BAD


def _microseconds(instant: datetime) -> int:
    aware = instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
    since = aware - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


async def _closed(client: Client) -> None:
    try:
        await asyncio.wait_for(client.disconnect(), 3)
    except Exception:  # noqa: BLE001  # the far side may be gone already; there is nothing left to close
        client.disconnect_socket()
