"""What a plant's own systems say of themselves: an OPC UA server browsed, the births of Sparkplug edge nodes heard."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from qiantang.district.plant.describing import Found
from qiantang.kernel.errors import FactsError
from qiantang.kernel.readings import Directory
from qiantang.kernel.wires import Delivery, Notice
from qiantang.kernel.words import Text

_BROKER, _SERVER = "mqtt", "opc.tcp"
_HOST = "qiantang-describe"


class _Listener:
    """Takes everything and keeps nothing: only the births count."""

    async def deliver(self, delivery: Delivery) -> None:
        delivery.settle()

    def notice(self, notice: Notice) -> None:
        del notice


async def found_at(address: str, seconds: float) -> list[Found]:
    """What is found at an address: births heard for so many seconds at ``mqtt://``, variables browsed at ``opc.tcp://``.

    FactsError where the address is of neither kind, or where nobody is reached.
    """
    told = urlsplit(address)
    try:
        named = told.scheme in (_BROKER, _SERVER) and bool(told.hostname) and told.port != 0
    except ValueError:
        named = False
    if not named:
        raise FactsError.of(f"“{address}”不是可描述的地址", f"'{address}' is no address that can be described", value=address, remedy=Text(
            "请写 opc.tcp://主机:端口，或 mqtt://主机:端口。", "Write opc.tcp://HOST:PORT, or mqtt://HOST:PORT."))
    return await heard_births(address, seconds) if told.scheme == _BROKER else await browsed(address)


async def heard_births(address: str, seconds: float, groups: tuple[str, ...] = ("+",)) -> list[Found]:
    """The numeric metrics that edge nodes of Sparkplug B describe within so many seconds at ``mqtt://HOST:PORT``.

    A node that publishes data is asked to be born again, so nodes that were there before are heard, too. FactsError where the
    broker is not reached.
    """
    from qiantang.links.mqtt import MqttWire
    from qiantang.links.mqtt_settings import MqttSettings
    from qiantang.links.sparkplug.host import HostSettings, SparkplugHost
    from qiantang.links.sparkplug.taking import Met
    from qiantang.links.sparkplug.topics import address as metric_address

    told = urlsplit(address)
    host = SparkplugHost(_HOST, Directory(), HostSettings(primary=False), groups)
    wire = MqttWire(host, MqttSettings(told.hostname or "127.0.0.1", told.port or 1883))
    task = asyncio.create_task(wire.run(_Listener()))
    reached = False
    for _ in range(round(seconds * 10)):
        await asyncio.sleep(0.1)
        reached = reached or wire.connected
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    if not reached:
        raise FactsError.of(f"无法连接 {address}", f"{address} cannot be reached", value=address, remedy=Text("请核对地址与端口。", "Check address and port."))
    return [Found(metric_address(m.group, m.edge, m.device, m.name), (*(p for p in (m.edge, m.device) if p), *m.name.split("/")), m.unit)
            for m in host.births if m.nature is Met.READINGS]


async def browsed(address: str) -> list[Found]:
    """The numeric variables of an OPC UA server; FactsError where it is not reached."""
    from qiantang.links.opcua import described

    try:
        variables = await described(address)
    except OSError as wrong:
        # A server that never answers has nothing to say either.
        raise FactsError.of(f"无法连接 {address}" + (f"：{wrong}" if str(wrong) else ""),
                            f"{address} cannot be reached" + (f": {wrong}" if str(wrong) else ""), value=address,
                            remedy=Text("请核对地址与端口。", "Check address and port.")) from wrong
    return [Found(f"{address}|{v.node}", v.path, v.unit, v.least, v.most) for v in variables]
