"""Folders become assets, their ends signals; the same paths always give the same plant."""

import random

from qiantang.district.plant.describing import Found, described_plant
from qiantang.kernel.words import same

FOUND = [Found("n1", ("curing", "press 1", "plate temperature 1"), "°C", 0, 250), Found("n2", ("curing", "press 1", "plate temperature 2"), "°C"),
         Found("n3", ("curing", "press 1", "cavity left", "pressure"), "MPa"), Found("n4", ("mixing", "line A", "mixer 1", "torque")),
         Found("n5", ("ambient",))]


def test_assets_are_the_folders_and_levels_follow_from_what_lies_in_them() -> None:
    plant = described_plant("works", same("works"), FOUND)
    levels = {a.id: (a.level, a.parent) for a in plant.assets}
    assert levels == {
        "works": ("site", ""), "curing": ("area", "works"), "curing/press 1": ("cell", "curing"), "curing/press 1/cavity left": ("unit", "curing/press 1"),
        "mixing": ("area", "works"), "mixing/line A": ("line", "mixing"), "mixing/line A/mixer 1": ("cell", "mixing/line A")}
    assert plant.machine("curing/press 1/cavity left") == "curing/press 1"


def test_signals_keep_address_unit_and_range_and_numbered_ones_are_of_one_kind() -> None:
    plant = described_plant("works", same("works"), FOUND)
    assert {s.kind for s in plant.signals} == {"plate_temperature", "pressure", "torque", "ambient"}
    first = plant.by_address["n1"]
    assert (first.unit, first.least, first.most, first.asset) == ("°C", 0, 250, "curing/press 1")
    assert plant.by_address["n5"].asset == "works"


def test_the_order_in_which_things_are_found_changes_nothing() -> None:
    shuffled = random.Random(3).sample(FOUND, len(FOUND))
    assert described_plant("works", same("works"), shuffled) == described_plant("works", same("works"), FOUND)


def test_a_plant_without_anything_is_a_site() -> None:
    assert [a.level for a in described_plant("works", same("works"), []).assets] == ["site"]
