"""Registers are read in few requests, from an independent server (modbus-serial); what a device refuses is told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiantang.kernel.errors import FactsError
from qiantang.kernel.readings import Quality, together
from qiantang.kernel.wires import Delivery
from qiantang.links.modbus import ModbusServer, ModbusWire, Register, addressed, merged
from tests.links.wiring import Kept, ended, free_port, heard, holds, node_server

SCRIPT = Path(__file__).with_name("modbus_server.js")
PACKAGE = "modbus-serial@8.0.25"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    found = free_port()
    with node_server(PACKAGE, SCRIPT, str(found)):
        yield found


def words(*addresses: int, device: int = 1) -> tuple[Register, ...]:
    return tuple(Register(n, device, "holding", a, "uint16") for n, a in enumerate(addresses))


# --- which requests ---


@given(st.lists(st.tuples(st.sampled_from(["int16", "float32", "float64"]), st.integers(0, 3000)), min_size=1, max_size=60),
       st.integers(0, 40))
def test_every_register_is_read_whole_in_one_request_that_the_protocol_allows(asked: list[tuple[str, int]], most_unused: int) -> None:
    registers = [Register(n, 1, "holding", a, form) for n, (form, a) in enumerate(asked)]  # type: ignore[arg-type]  # forms of the list above
    blocks = merged(registers, most_unused)
    assert sorted(r.signal for b in blocks for r in b.registers) == list(range(len(registers)))
    for block in blocks:
        assert block.count <= 125
        for register in block.registers:
            assert block.first <= register.address
            assert register.address + register.words <= block.first + block.count


def test_neighbours_share_a_request_and_those_far_apart_do_not() -> None:
    assert [(b.first, b.count) for b in merged(words(0, 1, 5, 40), most_unused=10)] == [(0, 6), (40, 1)]


def test_registers_that_cannot_be_read_are_all_named() -> None:
    with pytest.raises(FactsError) as refused:
        merged([Register(0, 1, "coil", 3, "int16"), Register(1, 1, "holding", 65_535, "float32"), Register(2, 300, "input", 0)])
    assert len(refused.value.faults) == 3


@pytest.mark.parametrize(("address", "found"), [
    ("modbus://plc:1502/3/holding/1000/float32?swapped&factor=0.1&offset=-40", ("plc", 1502, Register(7, 3, "holding", 1000, "float32", True, 0.1, -40.0))),
    ("modbus://10.0.0.5/1/coil/4/bit", ("10.0.0.5", 502, Register(7, 1, "coil", 4, "bit")))])
def test_an_address_says_where_a_value_lies_and_how_it_is_written(address: str, found: tuple[str, int, Register]) -> None:
    assert addressed(address, 7) == found


@pytest.mark.parametrize("address", ["plc/1/holding/1", "modbus://plc/1/holding/x/int16", "modbus://plc/1/memory/1/int16", "modbus://plc/1/holding/1/real",
                                     "modbus://plc/1/holding/1/int16?scale=3", "modbus:///1/holding/1/int16", ""])
def test_an_address_that_is_none_is_refused_with_an_example(address: str) -> None:
    with pytest.raises(FactsError, match="no Modbus address"):
        addressed(address, 0)


# --- what comes back ---


def test_numbers_arrive_as_the_device_holds_them(port: int) -> None:
    registers = (Register(0, 1, "holding", 7, "uint16"), Register(1, 1, "input", 9, "uint16", factor=0.1, offset=-1),
                 Register(2, 1, "holding", 1000, "float32"), Register(3, 1, "holding", 1002, "int32"), Register(4, 1, "coil", 5, "bit"),
                 Register(5, 1, "discrete", 5, "bit"))
    got = together(heard(ModbusWire(ModbusServer("127.0.0.1", port, registers, every_s=0.1)), 6).batches)
    value = {int(s): float(v) for s, v in zip(got.signal, got.value, strict=True)}
    assert value == pytest.approx({0: 7, 1: -0.1, 2: 173.25, 3: -70_000, 4: 1, 5: 0})


def test_words_of_a_swapped_value_are_turned_round(port: int) -> None:
    right = together(heard(ModbusWire(ModbusServer("127.0.0.1", port, (Register(0, 1, "holding", 20, "uint32"),), 0.1)), 1).batches)
    turned = together(heard(ModbusWire(ModbusServer("127.0.0.1", port, (Register(0, 1, "holding", 20, "uint32", swapped=True),), 0.1)), 1).batches)
    assert right.value[0] == 20 * 65_536 + 21
    assert turned.value[0] == 21 * 65_536 + 20


def test_a_device_that_refuses_is_told_once_and_its_readings_are_bad(port: int) -> None:
    wire = ModbusWire(ModbusServer("127.0.0.1", port, (*words(0, 1), Register(2, 2, "holding", 0)), every_s=0.05))
    kept = heard(wire, 12)
    got = together(kept.batches)
    assert kept.kinds().count("refused") == 1
    assert (got.quality[got.signal == 2] & Quality.BAD).all()
    assert np.isnan(got.value[got.signal == 2]).all()
    assert not got.quality[got.signal != 2].any()


def test_a_device_that_goes_away_is_stale_until_it_is_back() -> None:
    own = free_port()
    kept = Kept()
    wire = ModbusWire(ModbusServer("127.0.0.1", own, words(0, 1), every_s=0.05, timeout_s=0.5))

    async def story() -> None:
        with node_server(PACKAGE, SCRIPT, str(own)):
            task = asyncio.create_task(wire.run(kept))
            await holds(lambda: kept.many() > 4)
        await holds(lambda: "death" in kept.kinds())
        before = kept.many()
        with node_server(PACKAGE, SCRIPT, str(own)):
            await holds(lambda: kept.many() > before + 4)
        await ended(task)

    asyncio.run(story())
    assert kept.kinds() == ["birth", "death", "reconnected"]
    assert (together(kept.batches).quality & Quality.STALE).any()


def test_more_connections_share_the_work(port: int) -> None:
    registers = tuple(Register(n, 1, "holding", n * 50, "uint16") for n in range(40))
    wire = ModbusWire(ModbusServer("127.0.0.1", port, registers, every_s=0.1, connections=4))
    kept = heard(wire, 200)
    assert set(together(kept.batches).signal.tolist()) == set(range(40))
    assert kept.kinds() == ["birth"] * 4


def test_polling_ends_though_a_wait_forgot_that_it_was_cancelled(port: int) -> None:
    class Forgetful(Kept):
        async def deliver(self, delivery: Delivery) -> None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.1)
            await super().deliver(delivery)

    async def story() -> None:
        kept = Forgetful()
        task = asyncio.create_task(ModbusWire(ModbusServer("127.0.0.1", port, words(0), every_s=0.0)).run(kept))
        await holds(lambda: kept.many() > 2)
        await asyncio.wait_for(ended(task), 5)

    asyncio.run(story())
