"""The figures of a plant do not begin anew with its node: after a stop, and after kill -9, they are those of a run without either."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from qiantang.domains.factory.plant import Asset, Signal
from qiantang.kernel.words import same
from tests.district.plant import counting
from tests.district.plant.killing import through_kills
from tests.district.plant.sender import Sender


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The figures of a run that nothing stopped."""
    return counting.figures(asyncio.run(counting.work(tmp_path_factory.mktemp("undisturbed"), 0, 0.0)))


def test_figures_after_a_stop_in_the_middle_are_those_of_a_run_without(tmp_path: Path, undisturbed: str) -> None:
    half = len(counting.sent()) // 2
    asyncio.run(counting.stopped(tmp_path, half))
    again = asyncio.run(counting.work(tmp_path, half, 0.0))
    assert counting.figures(again) == undisturbed
    assert '"oee": null' not in undisturbed
    assert '"energy_per_piece": null' not in undisturbed


def test_figures_after_kill_9_are_those_of_a_run_without(tmp_path: Path, undisturbed: str) -> None:
    # With a snapshot or two on the disk.
    done = through_kills("counting", tmp_path, kills=3, after=11, within_s=0.06, seed=3)
    assert list((tmp_path / "snapshots").iterdir())
    assert done[1] == undisturbed


def test_a_machine_that_is_added_begins_at_nothing_and_the_others_go_on(tmp_path: Path, undisturbed: str) -> None:
    asyncio.run(counting.work(tmp_path, 0, 0.0))
    third = tuple(Signal(0, f"g/C/C/{kind}", "C", kind, kind, same(kind), "1") for kind in counting.KINDS)
    grown = replace(counting.TWO, assets=(*counting.TWO.assets, Asset("C", same("C"), "cell", "site", "last", ideal_cycle_s=2.0)),
                    signals=(*counting.TWO.signals, *third))
    node = counting.opened(tmp_path, Sender(counting.sent(), 0, 0.0), grown)
    # The log so far was judged by the plant as it was; what was reckoned is not reckoned twice.
    assert "settings" not in {n.kind for n in node.notices}
    node.start()
    node.stop()
    assert node.showing is not None
    figures = node.showing.reckoning.figures()
    assert figures["equipment"] == 3.0
    assert {name: value for name, value in figures.items() if not name.startswith("equipment")} == \
        {name: value for name, value in json.loads(undisturbed).items() if not name.startswith("equipment")}
