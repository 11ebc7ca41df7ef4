"""OPC UA and Modbus measured against independent servers: what arrives, how late, and how soon a lost server is back."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from subprocess import Popen

import numpy as np

from benchmarks.factory.rows import Row
from qiantang.kernel.readings import Readings, together
from qiantang.kernel.wires import Delivery, Notice
from qiantang.links.modbus import ModbusServer, ModbusWire, Register
from qiantang.links.opcua import OpcUaServer, OpcUaWire
from tests.links.wiring import ended, free_port, holds, node_server

SCRIPTS = Path(__file__).resolve().parents[2] / "tests" / "links"
SERVERS, ITEMS, SECONDS = 3, 3334, 20
"""Three servers, for one node-opcua server alone is at its own limit with 10,000 items a second."""


class Counted:
    """A receiver that keeps batches, with the instant each came."""

    def __init__(self) -> None:
        self.batches: list[Readings] = []
        self.subscribed = False

    async def deliver(self, delivery: Delivery) -> None:
        self.batches.append(delivery.readings)
        delivery.settle()

    def notice(self, notice: Notice) -> None:
        self.subscribed |= notice.kind == "birth"

    def many(self) -> int:
        return sum(map(len, self.batches))


def _opcua(port: int) -> AbstractContextManager[Popen[str]]:
    return node_server("node-opcua@2.186.4", SCRIPTS / "opcua_server.js", str(port), str(ITEMS), "1000")


async def _subscribed() -> tuple[float, float, float, float]:
    """Share of the changes that arrived, lag p50 and p99 in seconds, seconds until all items of a restarted server were back."""
    ports = [free_port() for _ in range(SERVERS)]
    kept = [Counted() for _ in ports]
    with ExitStack() as servers:
        running = [servers.enter_context(_opcua(port)) for port in ports]
        wires = [OpcUaWire(OpcUaServer(f"opc.tcp://127.0.0.1:{port}", {f"ns=1;s=press1.signal{n}": n for n in range(ITEMS)})) for port in ports]
        tasks = [asyncio.create_task(wire.run(own)) for wire, own in zip(wires, kept, strict=True)]
        # Changes count from when every item is subscribed, and two ticks later.
        await holds(lambda: all(own.subscribed for own in kept), 60)
        await asyncio.sleep(2)
        before = [len(own.batches) for own in kept]
        await asyncio.sleep(SECONDS)
        got = [together(own.batches[start:]) for own, start in zip(kept, before, strict=True)]
        found, sent = (sum(column) for column in zip(*map(_whole_ticks, got), strict=True))
        share = found / sent
        lag = np.concatenate([(g.received - g.at) / 1e6 for g in got])
        running[0].kill()
        running[0].wait()
        await asyncio.sleep(1)
        own = len(kept[0].batches)
        with _opcua(ports[0]):
            started = time.perf_counter()
            await holds(lambda: len(np.unique(together(kept[0].batches[own:]).signal)) >= ITEMS, 60)
            back = time.perf_counter() - started
        for task in tasks:
            await ended(task)
    return share, float(np.percentile(lag, 50)), float(np.percentile(lag, 99)), back


def _whole_ticks(got: Readings) -> tuple[int, int]:
    """How many changes of the ticks that lie wholly in the window arrived, and how many the server made of them.

    The tick is counted in the values themselves: value = item * 1000 + tick.
    """
    numbers = got.taken(got.signal != 2).value
    tick = numbers % 1000
    first, last = tick.min() + 1, tick.max() - 1
    return len(np.unique(numbers[(tick >= first) & (tick <= last)])), int(last - first + 1) * (ITEMS - 1)


async def _polled() -> float:
    """Registers a second, 10 connections of 100 registers each, as fast as the server answers."""
    port = free_port()
    registers = tuple(Register(n, 1, "holding", n + 30 * (n // 100), "uint16") for n in range(1000))
    with node_server("modbus-serial@8.0.25", SCRIPTS / "modbus_server.js", str(port)):
        kept = Counted()
        wire = ModbusWire(ModbusServer("127.0.0.1", port, registers, every_s=0.0, connections=10))
        task = asyncio.create_task(wire.run(kept))
        await holds(lambda: kept.many() > 10_000)
        rates = []
        for _ in range(5):
            before, started = kept.many(), time.perf_counter()
            await asyncio.sleep(2)
            rates.append((kept.many() - before) / (time.perf_counter() - started))
        await ended(task)
    return statistics.median(rates)


def rows() -> Iterator[Row]:
    """What was measured; the anchors are the reference's."""
    share, half, late, back = asyncio.run(_subscribed())
    yield Row("OPC UA, 10,000 items at 1 Hz over 3 servers: changes received", 100 * share, "%", 99.9)
    yield Row("the same, lag p99", late, "s", 1.0, more_is_better=False, note=f"p50 {half:.2f} s")
    yield Row("a restarted OPC UA server: until all its items are back", back, "s", 10.0, more_is_better=False)
    yield Row("Modbus, 10 connections x 100 registers", asyncio.run(_polled()) / 1000, "k registers/s", 350.0, "450 (server bound)")
