"""A plant's row of a day: what was done on that day, whatever was done before, corrected or begun anew."""

from __future__ import annotations

from pathlib import Path

from qiantang.district.plant.folder import PlantFolder
from qiantang.district.plant.publishing import published
from qiantang.district.plant.telling import told_of
from qiantang.domains.factory.alarms.register import Register
from tests.cli.tiny import code
from tests.domains.factory.plants import SMALL

DAY = 86_400 * 1_000_000
NOON = 1_795_694_400 * 1_000_000 // DAY * DAY + 4 * 3_600_000_000
"""Noon of a day in the plant's zone."""


def _row(folder: PlantFolder, day: int, pieces: float, since: int = NOON - DAY) -> int:
    """The pieces of the day's row once the node has told its sum."""
    folder.tell(told_of(NOON + day * DAY, Register(SMALL), figures={"pieces_left": pieces}, since=since))
    return int(published(folder, code(0))["pieces_left"])  # type: ignore[arg-type]  # a whole number


def test_a_day_is_what_was_done_on_it_and_a_sum_that_falls_begins_nothing_anew(tmp_path: Path) -> None:
    folder = PlantFolder(tmp_path)
    folder.tell_plant(SMALL)
    assert [_row(folder, 0, pieces) for pieces in (400.0, 1000.0)] == [400, 1000]
    assert _row(folder, 1, 1700.0) == 700
    # Corrected downwards, by less and by more than the day brought: never the whole sum, never less than nothing.
    assert [_row(folder, 1, pieces) for pieces in (1600.0, 950.0, 1800.0)] == [600, 0, 800]
    assert _row(folder, 2, 1850.0) == 50


def test_a_node_that_began_anew_counts_its_day_from_nothing(tmp_path: Path) -> None:
    folder = PlantFolder(tmp_path)
    folder.tell_plant(SMALL)
    assert _row(folder, 0, 1000.0) == 1000
    # It has done more than it ever had before: by the sums alone nobody would see that it began anew.
    assert _row(folder, 1, 1200.0, since=NOON + DAY // 2) == 1200
    assert _row(folder, 1, 1300.0, since=NOON + DAY // 2) == 1300
    assert _row(folder, 2, 1500.0, since=NOON + DAY // 2) == 200
