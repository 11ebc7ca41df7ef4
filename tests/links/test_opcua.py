"""An independent server (node-opcua) is subscribed at, described, and lost and found again."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from qiantang.kernel.readings import Quality, together
from qiantang.links.opcua import OpcUaServer, OpcUaWire, described
from tests.links.wiring import Kept, ended, free_port, heard, holds, node_server

SCRIPT = Path(__file__).with_name("opcua_server.js")
MANY = 1500
"""More than a server takes in one request."""


def started(port: int, many: int = MANY) -> AbstractContextManager[subprocess.Popen[str]]:
    return node_server("node-opcua@2.186.4", SCRIPT, str(port), str(many), "200")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    port = free_port()
    with started(port):
        yield f"opc.tcp://127.0.0.1:{port}"


def items(many: int = MANY) -> dict[str, int]:
    return {f"ns=1;s=press1.signal{n}": n for n in range(many)}


def test_every_change_of_more_items_than_one_request_takes_arrives_in_columns(server: str) -> None:
    kept = heard(OpcUaWire(OpcUaServer(server, items(), sampling_ms=50)), 5 * MANY)
    got = together(kept.batches)
    assert set(got.signal.tolist()) == set(range(MANY))
    third = got.taken(got.signal == 3)
    later = third.value[third.value > 0]
    assert (later // 1000 == 3).all()
    assert np.diff(later).tolist() == [1.0] * (len(later) - 1)
    assert (np.diff(third.at) > 0).all()
    assert kept.kinds() == ["birth"]


def test_a_change_is_told_where_the_server_watches_by_itself_and_looked_for_where_it_does_not(server: str) -> None:
    kept = heard(OpcUaWire(OpcUaServer(server, {"ns=1;s=press1.signal0": 0, "ns=1;s=press1.polled": 1}, publishing_ms=1000, sampling_ms=1000)), 25)
    got = together(kept.batches)
    told, looked = (np.diff(got.value[(got.signal == signal) & (got.value > 0)]) for signal in (0, 1))
    assert told.tolist() == [1.0] * len(told)
    assert len(looked) > 0
    assert looked.min() > 1


def test_a_bad_status_and_what_is_no_number_are_said_of_the_reading(server: str) -> None:
    got = together(heard(OpcUaWire(OpcUaServer(server, items(4))), 40).batches)
    assert set((got.quality[got.signal == 1] & Quality.BAD).tolist()) == {0, int(Quality.BAD)}
    nan = got.taken(got.signal == 2)
    assert (nan.quality[np.isnan(nan.value)] & Quality.NOT_A_NUMBER).all()
    assert not (got.quality[got.signal == 3]).any()


def test_items_that_a_server_does_not_have_are_told_and_the_others_go_on(server: str) -> None:
    kept = heard(OpcUaWire(OpcUaServer(server, {"ns=1;s=press1.signal0": 0, "ns=1;s=nosuch": 1})), 3)
    assert kept.kinds() == ["refused", "birth"]
    assert "ns=1;s=nosuch" in kept.notices[0].told.en
    assert set(together(kept.batches).signal.tolist()) == {0}


def test_a_server_describes_its_numbers_with_unit_and_range_and_not_its_texts(server: str) -> None:
    found = {d.node: d for d in asyncio.run(described(server))}
    temperature = found["ns=1;s=press1.temperature"]
    assert (temperature.path, temperature.unit, temperature.least, temperature.most) == (("Press1", "temperature"), "°C", 0.0, 250.0)
    assert "ns=1;s=press1.name" not in found
    assert len(found) == MANY + 2


def test_a_server_that_dies_and_comes_back_is_read_again_and_the_gap_is_told() -> None:
    port = free_port()
    kept = Kept()
    wire = OpcUaWire(OpcUaServer(f"opc.tcp://127.0.0.1:{port}", items(20)))

    async def story() -> None:
        with started(port, 20):
            task = asyncio.create_task(wire.run(kept))
            await holds(lambda: kept.many() > 60)
        await holds(lambda: "death" in kept.kinds())
        before = kept.many()
        with started(port, 20):
            await holds(lambda: kept.many() > before + 60)
        await ended(task)

    asyncio.run(story())
    assert kept.kinds()[:3] == ["birth", "death", "reconnected"]
    stale, = [batch for batch in kept.batches if (batch.quality & Quality.STALE).any()]
    assert len(stale) == 20
    assert np.isfinite(stale.value).sum() >= 19, "the last values, once; one of the items is no number now and then"
    assert wire.counters.counts["reconnects"] == 1


def test_a_server_that_is_not_there_is_told_once_and_tried_again() -> None:
    kept = heard(OpcUaWire(OpcUaServer(f"opc.tcp://127.0.0.1:{free_port()}", items(1))), 1, seconds=2)
    assert kept.kinds() == ["death"]
