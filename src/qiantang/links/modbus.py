"""Modbus TCP: registers read in merged blocks at a steady pace; what a device refuses is told, what it does not answer is stale."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import parse_qsl, urlsplit

from qiantang.kernel.errors import FactsError, Fault, Place, raise_all
from qiantang.kernel.readings import NO_SEQUENCE, Quality, readings
from qiantang.kernel.wires import Counters, Delivery, Notice, Receiver
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    from pymodbus.client import AsyncModbusTcpClient

Bank = Literal["coil", "discrete", "input", "holding"]
Form = Literal["bit", "int16", "uint16", "int32", "uint32", "float32", "int64", "uint64", "float64"]
_FORMATS: Mapping[str, tuple[str, int]] = {"int16": (">h", 1), "uint16": (">H", 1), "int32": (">i", 2), "uint32": (">I", 2), "float32": (">f", 2),
                                           "int64": (">q", 4), "uint64": (">Q", 4), "float64": (">d", 4)}
_MOST = {"coil": 2000, "discrete": 2000, "input": 125, "holding": 125}
"""What the protocol lets one request ask for (Modbus application protocol V1.1b3, sections 6.1 to 6.4)."""


@dataclass(frozen=True, slots=True)
class Register:
    """Where a signal's value lies: device, bank, address (from 0), form; ``swapped`` has the low word first. The value is
    what lies there times ``factor`` plus ``offset``."""

    signal: int
    device: int
    bank: Bank
    address: int
    form: Form = "int16"
    swapped: bool = False
    factor: float = 1.0
    offset: float = 0.0

    @property
    def words(self) -> int:
        """Registers (or bits) it takes."""
        return 1 if self.form == "bit" else _FORMATS[self.form][1]


def addressed(address: str, signal: int) -> tuple[str, int, Register]:
    """Host, port and register of a signal's address: ``modbus://HOST:PORT/DEVICE/BANK/ADDRESS/FORM``, with ``?swapped``,
    ``factor=0.1`` or ``offset=-40`` where they apply. FactsError for any other text."""
    try:
        told = urlsplit(address)
        device, bank, at, form = told.path.strip("/").split("/")
        asked = dict(parse_qsl(told.query, keep_blank_values=True))
        known = told.scheme == "modbus" and bank in _MOST and form in ("bit", *_FORMATS) and set(asked) <= {"swapped", "factor", "offset"}
        if known and told.hostname:
            register = Register(signal, int(device), cast("Bank", bank), int(at), cast("Form", form), "swapped" in asked, float(asked.get("factor", 1)),
                                float(asked.get("offset", 0)))
            return told.hostname, told.port or 502, register
    except ValueError:
        pass
    raise FactsError.of(f"不是 Modbus 地址：{address}", f"no Modbus address: {address}", value=address,
                        remedy=Text("如 modbus://10.0.0.5:502/1/holding/1000/float32?factor=0.1",
                                    "For example modbus://10.0.0.5:502/1/holding/1000/float32?factor=0.1"))


@dataclass(frozen=True, slots=True)
class Block:
    """Registers read in one request."""

    device: int
    bank: Bank
    first: int
    count: int
    registers: tuple[Register, ...]


@dataclass(frozen=True, slots=True)
class ModbusServer:
    """A device or gateway: where it answers, what is read there how often, over how many connections at once."""

    host: str
    port: int
    registers: tuple[Register, ...]
    every_s: float = 1.0
    timeout_s: float = 2.0
    connections: int = 1
    most_unused: int = 16
    longest_wait_s: float = 30.0

    @property
    def name(self) -> str:
        """What notices call it."""
        return f"modbus://{self.host}:{self.port}"


def merged(registers: Iterable[Register], most_unused: int = 16) -> list[Block]:
    """The least requests that read all registers: neighbours together, with at most so many unused ones between.

    FactsError names every register that no request could read.
    """
    ordered = sorted(registers, key=lambda r: (r.device, r.bank, r.address))
    raise_all(FactsError, [_fault(r) for r in ordered if not _readable(r)])
    blocks: list[Block] = []
    for (device, bank), group in groupby(ordered, key=lambda r: (r.device, r.bank)):
        held: list[Register] = []
        first = end = 0
        for register in group:
            stop = register.address + register.words
            if held and (register.address > end + most_unused or max(end, stop) - first > _MOST[bank]):
                blocks.append(Block(device, bank, first, end - first, tuple(held)))
                held = []
            if not held:
                first = end = register.address
            held.append(register)
            end = max(end, stop)
        blocks.append(Block(device, bank, first, end - first, tuple(held)))
    return blocks


def values_of(block: Block, words: Sequence[int | bool]) -> tuple[list[float], list[int]]:
    """The values of a block's registers, and what is known against each."""
    values, quality = [], []
    for register in block.registers:
        at = register.address - block.first
        own = words[at:at + register.words]
        if register.form == "bit":
            raw = float(bool(own[0]))
        else:
            ordered = list(reversed(own)) if register.swapped else own
            raw = float(struct.unpack(_FORMATS[register.form][0], b"".join(int(w).to_bytes(2, "big") for w in ordered))[0])
        value = raw * register.factor + register.offset
        values.append(value)
        quality.append(int(Quality.GOOD if value - value == 0.0 else Quality.NOT_A_NUMBER))
    return values, quality


class ModbusWire:
    """One device or gateway, polled for ever. A notice is ``birth``, ``death``, ``reconnected`` or ``refused``.

    A round that takes longer than its time is followed at once by the next, and is counted as ``late``. The instant of a
    reading is the middle between request and answer, for the protocol has none.
    """

    def __init__(self, server: ModbusServer) -> None:
        self.server = server
        self.blocks = merged(server.registers, server.most_unused)
        self._counters = Counters()
        self._refused: set[Block] = set()

    @property
    def counters(self) -> Counters:
        """``readings``, ``requests``, ``refused``, ``unanswered``, ``late``, ``reconnects``, ``failed``."""
        return self._counters

    async def run(self, receiver: Receiver) -> None:
        """Poll until cancelled."""
        lanes = max(1, min(self.server.connections, len(self.blocks)))
        async with asyncio.TaskGroup() as group:
            for lane in range(lanes):
                group.create_task(self._lane(receiver, self.blocks[lane::lanes]))

    async def _lane(self, receiver: Receiver, blocks: Sequence[Block]) -> None:
        """One connection and its blocks."""
        wait, lost_at = 0.2, None
        while True:
            client = self._client()
            try:
                if not await client.connect():
                    raise ConnectionError
                if lost_at is not None:
                    self._counters.add("reconnects")
                    away = time.monotonic() - lost_at
                    self._tell(receiver, "reconnected", Text(f"{self.server.name} 已恢复，中断 {away:.1f} 秒",
                                                             f"{self.server.name} is back after {away:.1f} s"))
                else:
                    self._tell(receiver, "birth", Text(f"已连接 {self.server.name}", f"connected to {self.server.name}"))
                wait, lost_at = 0.2, None
                await self._rounds(client, receiver, blocks)
            except asyncio.CancelledError:
                raise
            except Exception as wrong:  # noqa: BLE001  # whatever a foreign device does, the wire goes on and says so
                self._counters.add("failed")
                if lost_at is None:
                    lost_at = time.monotonic()
                    self._tell(receiver, "death", Text(f"{self.server.name} 无应答：{type(wrong).__name__}",
                                                       f"{self.server.name} does not answer: {type(wrong).__name__}"))
                    await self._stale(receiver, blocks)
            finally:
                client.close()
            await asyncio.sleep(wait)
            wait = min(wait * 2, self.server.longest_wait_s)

    def _client(self) -> AsyncModbusTcpClient:
        from pymodbus.client import AsyncModbusTcpClient

        return AsyncModbusTcpClient(self.server.host, port=self.server.port, timeout=self.server.timeout_s, retries=0, reconnect_delay=0)

    async def _rounds(self, client: AsyncModbusTcpClient, receiver: Receiver, blocks: Sequence[Block]) -> None:
        clock = asyncio.get_running_loop()
        due = clock.time()
        while True:
            for block in blocks:
                await self._read(client, receiver, block)
                own = asyncio.current_task()
                if own is not None and own.cancelling():
                    # Below Python 3.12 the driver's wait forgets being cancelled when the answer comes at the same moment.
                    raise asyncio.CancelledError
            due += self.server.every_s
            left = due - clock.time()
            if left < 0:
                self._counters.add("late")
                due = clock.time()
                left = 0.0
            await asyncio.sleep(left)

    async def _read(self, client: AsyncModbusTcpClient, receiver: Receiver, block: Block) -> None:
        asked_at = time.time_ns() // 1000
        answer = await _request(client, block)
        received = time.time_ns() // 1000
        self._counters.add("requests")
        if answer.isError():
            await self._refusal(receiver, block, received, answer)
            return
        self._refused.discard(block)
        words = answer.bits if block.bank in ("coil", "discrete") else answer.registers
        values, quality = values_of(block, words)
        self._counters.add("readings", len(values))
        await receiver.deliver(Delivery(readings([r.signal for r in block.registers], (asked_at + received) // 2, values, received=received,
                                                 quality=quality, sequence=NO_SEQUENCE)))

    async def _refusal(self, receiver: Receiver, block: Block, received: int, answer: Any) -> None:
        """A device that refuses a block says so once; each refused reading is there, as a bad one."""
        self._counters.add("refused")
        if block not in self._refused:
            self._refused.add(block)
            where = f"{block.bank} {block.first}–{block.first + block.count - 1}"
            self._tell(receiver, "refused", Text(f"{self.server.name} 设备 {block.device} 拒绝读取 {where}：{answer}",
                                                 f"{self.server.name}, device {block.device} refuses {where}: {answer}"), len(block.registers))
        await self._without_value(receiver, [block], received, Quality.BAD)

    async def _stale(self, receiver: Receiver, blocks: Sequence[Block]) -> None:
        self._counters.add("unanswered", sum(len(b.registers) for b in blocks))
        await self._without_value(receiver, blocks, time.time_ns() // 1000, Quality.STALE)

    async def _without_value(self, receiver: Receiver, blocks: Sequence[Block], at: int, why: Quality) -> None:
        signals = [r.signal for b in blocks for r in b.registers]
        await receiver.deliver(Delivery(readings(signals, at, float("nan"), quality=int(why | Quality.NOT_A_NUMBER))))

    def _tell(self, receiver: Receiver, kind: str, told: Text, count: int = 1) -> None:
        receiver.notice(Notice(kind, self.server.name, time.time_ns() // 1000, told, count))


async def _request(client: AsyncModbusTcpClient, block: Block) -> Any:
    ask = {"coil": client.read_coils, "discrete": client.read_discrete_inputs, "input": client.read_input_registers,
           "holding": client.read_holding_registers}[block.bank]
    return await ask(block.first, count=block.count, device_id=block.device)


def _readable(register: Register) -> bool:
    bits = register.bank in ("coil", "discrete")
    return bits == (register.form == "bit") and 0 <= register.device <= 255 and 0 <= register.address <= 65_536 - register.words


def _fault(register: Register) -> Fault:
    return Fault(Text(f"信号 {register.signal} 的寄存器无法读取：{register.bank} {register.address} {register.form}",
                      f"no request can read the register of signal {register.signal}: {register.bank} {register.address} {register.form}"),
                 Place(path=f"{register.device}/{register.bank}/{register.address}"), register.address, "register",
                 Text("线圈与离散量用 bit；寄存器用数值格式；地址 0–65535。",
                      "Coils and discrete inputs are bits, registers are numbers; addresses run from 0 to 65535."))
