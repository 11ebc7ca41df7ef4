"""What pages are shown of each signal is the newest by its own time, whatever became known last."""

import io
from pathlib import Path

import numpy as np

from qiantang.district.plant.folder import PlantFolder
from qiantang.district.plant.showing import Showing
from qiantang.kernel.readings import Quality, readings, together
from tests.domains.factory.plants import SECOND, SMALL, START


def shown(showing: Showing, signal: int) -> tuple[float, bool]:
    with np.load(io.BytesIO(showing.snapshot()["cells"])) as cells:
        return float(cells["value"][signal]), bool(cells["bad"][signal])


def test_a_late_reading_does_not_take_the_place_of_a_newer_one(tmp_path: Path) -> None:
    showing = Showing(PlantFolder(tmp_path), SMALL)
    on_time = readings([0, 0, 1], START + np.array([1, 3, 3]) * SECOND, [1.0, 3.0, 30.0])
    late = readings([0, 1], START + np.array([2, 4]) * SECOND, [2.0, 40.0], quality=int(Quality.BAD))
    showing.seen(together([on_time, late]))
    assert shown(showing, 0) == (3.0, False)
    assert shown(showing, 1) == (40.0, True)
    # After a restart too.
    again = Showing(PlantFolder(tmp_path), SMALL)
    again.restore(showing.snapshot())
    again.seen(readings([0], [START + 2 * SECOND], [2.5]))
    assert shown(again, 0) == (3.0, False)
    again.seen(readings([0], [START + 3 * SECOND], [3.5]))
    assert shown(again, 0) == (3.5, False)
