"""The demonstration is the real way from births to pages: what is on the simulated plant's machines is what a reader sees."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from qiantang.district.identity import KEYBOARD
from qiantang.district.plant.demonstration import PLANT, Demonstration, DemoStatus
from qiantang.district.plant.folder import plant_folder
from qiantang.district.plant.views import PlantShown
from qiantang.domains.factory.measures.oee import together
from qiantang.domains.factory.simulation.truth import instant
from qiantang.kernel.errors import FactsError
from tests.web.plants import PLANT as SMALL


def test_a_few_seconds_of_the_plant_reach_its_pages(tmp_path: Path) -> None:
    folder = plant_folder(tmp_path, PLANT)
    made = Demonstration(folder, learn_s=120, speed=10.0, learning=5, budget=False, faults=((0.02, "network_loss", "gw-bld-1"),))
    heard: list[DemoStatus] = []
    traced: list[int] = []

    def look(status: DemoStatus) -> None:
        heard.append(status)
        while_it_runs = folder.genealogy()
        traced.append(len(while_it_runs.pieces_by(operator="op-b10-0")) if while_it_runs is not None else 0)

    last = asyncio.run(made.run(40.0, look, until=lambda status: status.at >= instant(40.0) and traced[-1] > 0))
    assert heard[0].learning
    assert not last.learning
    assert last.counts.get("notice_garbled", 0) == 0
    assert last.counts["notice_birth"] > 20
    # However short it learnt: what a press measures once a cycle was measured before its gateway is born.
    assert "notice_not_a_number" not in last.counts
    assert "network_loss" in {fault.cause for fault in last.faults if fault.start >= 0}
    shown = PlantShown(folder, KEYBOARD)
    assert made.plant.id == PLANT
    assert len(shown.rows("signals")) == len(made.plant.signals) > 10_000
    working = [row for row in shown.rows("machines") if row["state"] == "producing"]
    assert len(working) > 50
    true = together(made.running.oee(-120.0, made.running.now).values()).availability
    assert true is not None
    assert abs(float(shown.figures()["availability"]) - float(true)) < 0.05  # what is shown is a few seconds behind
    # What was told of pieces is on record while the plant runs; what ended in the last moments is still on its way when it stops.
    assert traced[0] == 0 < traced[-1]
    assert last.counts["pieces"] > 1000
    assert not {"piece_faulty", "pieces_otherwise", "pieces_of_strangers"} & set(last.counts)
    tire = next(tire for tire in reversed(made.running.tires) if tire.done < made.running.now - 15.0)
    steps = [str(row["step"]) for row in shown.rows("origin", thing=f"tire-{tire.number}")]
    assert {"building", "curing", "inspection"} <= set(steps)
    assert f"tire-{tire.number}" in {row["piece"] for row in shown.rows("pieces", tool=f"mould-{tire.mould}")}
    frame = shown.frame()
    assert len(frame.deviation) == len(frame.state) == len(made.plant.signals)
    assert (frame.state != 3).mean() > 0.8


def test_a_real_plants_folder_is_never_emptied(tmp_path: Path) -> None:
    from dataclasses import replace

    folder = plant_folder(tmp_path, "small")
    folder.tell_plant(replace(SMALL, synthetic=False))
    with pytest.raises(FactsError, match="real plant"):
        Demonstration(folder)
    assert folder.plant() is not None
