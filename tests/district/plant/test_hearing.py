"""Births that edge nodes publish become a first model of the plant; a broker that is not there is told."""

from __future__ import annotations

import asyncio

import pytest

from qiantang.district.plant.describing import Found, described_plant
from qiantang.district.plant.hearing import heard_births
from qiantang.kernel.errors import FactsError
from qiantang.kernel.words import same
from qiantang.links.mqtt import MqttWire
from qiantang.links.mqtt_settings import MqttSettings
from qiantang.links.sparkplug.edge import EdgeNode
from tests.links.test_mqtt import METRICS
from tests.links.wiring import Kept, ended, free_port
from tests.mosquitto import Mosquitto, mosquitto

__all__ = ["mosquitto"]


def test_the_births_of_an_edge_node_give_the_quantities_of_a_plant(mosquitto: Mosquitto) -> None:
    found: list[Found] = []

    async def story() -> None:
        node = asyncio.create_task(MqttWire(EdgeNode("G", "E", METRICS), MqttSettings(port=mosquitto.port)).run(Kept()))
        found.extend(await heard_births(f"mqtt://127.0.0.1:{mosquitto.port}", 5.0))
        await ended(node)

    asyncio.run(story())
    plant = described_plant("works", same("works"), found)
    assert {s.address for s in plant.signals} == {f.address for f in found}
    assert len(plant.signals) == len(METRICS)
    assert all(s.address.startswith("G/E/") for s in plant.signals)


def test_a_broker_that_is_not_there_is_told() -> None:
    with pytest.raises(FactsError, match="cannot be reached"):
        asyncio.run(heard_births(f"mqtt://127.0.0.1:{free_port()}", 0.5))
