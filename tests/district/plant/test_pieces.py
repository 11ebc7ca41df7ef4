"""What is told of pieces is on record once, whatever is sent again or killed; it can be searched both ways and counts in the figures."""

import asyncio
import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from qiantang.district.identity import KEYBOARD
from qiantang.district.plant.folder import PlantFolder
from qiantang.district.plant.views import PlantShown
from qiantang.kernel.pieces import PieceEvent
from qiantang.kernel.readings import readings
from qiantang.kernel.wires import Delivery
from qiantang.stores.piece_record import PieceRecord
from tests.district.plant import piecing
from tests.district.plant.killing import through_kills
from tests.district.plant.lines import START, S

TOLD = [event for _, events in piecing.told() for event in events]


def on_record(folder: Path) -> list[PieceEvent]:
    record = PieceRecord(folder / "pieces.sqlite", asks_only=True)
    found = [event for _, event in record.after(0, 2**62)]
    record.close()
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder and the figures of a run that nothing stopped."""
    home = tmp_path_factory.mktemp("undisturbed")
    node = asyncio.run(piecing.work(home, 0, 0.0))
    assert node.counters.counts["pieces"] == len(TOLD)
    assert node.counters.counts["pieces_repeated"] > 0
    return home, piecing.figures(node)


def test_pieces_count_in_the_figures_of_machines_that_do_not_count_themselves(undisturbed: tuple[Path, str]) -> None:
    figures = json.loads(undisturbed[1])
    tires = [e for e in TOLD if e.step == "curing"]
    good = sum(e.result == "good" for e in tires)
    assert figures["pieces_first"] == len(tires)
    assert figures["pieces_left"] == good
    assert figures["first_pass_yield"] == pytest.approx(good / len(tires))
    # Quality is of both machines: the spoilt batch is the mixer's.
    made = len(TOLD)
    assert figures["quality"] == pytest.approx(sum(e.result == "good" for e in TOLD) / made)
    assert figures["takt_s"] == pytest.approx(163.0 / good)


def test_the_record_is_searched_from_a_tire_back_and_from_a_batch_forward(undisturbed: tuple[Path, str]) -> None:
    shown = PlantFolder(undisturbed[0]).genealogy()
    assert shown is not None
    origin = shown.origin("tire-9")
    assert [(o.item, o.step, o.asset, o.operator) for o in origin.operations] == [
        ("batch-1", "mixing", "mixer", "zhao"), ("tire-9", "curing", "press-L", "qian")]
    assert (origin.operations[1].result, origin.operations[1].reason) == ("scrap", "bladder")
    assert origin.used == ("batch-1",)
    assert set(shown.pieces("batch-1")) == {f"tire-{n}" for n in range(8, 16)}
    assert shown.pieces("batch-7") == ("batch-7",)
    assert shown.pieces("nothing") == ()
    assert set(shown.pieces_by(tool="mould-1", asset="press-L")) == {e.piece for e in TOLD if e.tool == "mould-1"}
    assert set(shown.pieces_by(operator="zhao")) == {e.piece for e in TOLD if e.step == "curing"} | {"batch-7"}


def test_pages_find_a_piece_with_how_it_turned_out(undisturbed: tuple[Path, str]) -> None:
    rows = PlantShown(PlantFolder(undisturbed[0]), KEYBOARD).rows("origin", thing="tire-9")
    assert [(row["item"], row["result"], row["reason"]) for row in rows] == [("batch-1", "good", ""), ("tire-9", "scrap", "bladder")]


def test_a_stop_in_the_middle_changes_neither_record_nor_figures(tmp_path: Path, undisturbed: tuple[Path, str]) -> None:
    asyncio.run(piecing.work(tmp_path, 0, 0.005, 70))
    # The last five are sent again, as by a sender that did not hear that they were safe.
    again = asyncio.run(piecing.work(tmp_path, 65, 0.0))
    assert on_record(tmp_path) == on_record(undisturbed[0])
    assert piecing.figures(again) == undisturbed[1]


def test_kill_9_loses_no_event_and_counts_none_twice(tmp_path: Path, undisturbed: tuple[Path, str]) -> None:
    # With a snapshot or two on the disk.
    done = through_kills("piecing", tmp_path, kills=4, after=32, within_s=0.04, seed=6)
    assert on_record(tmp_path) == on_record(undisturbed[0])
    assert done[1] == undisturbed[1]


def test_what_says_otherwise_than_the_record_and_strange_assets_are_counted_and_told(tmp_path: Path) -> None:
    teller = piecing.Teller(0, 0.0)
    node = piecing.opened(tmp_path, teller)
    first = PieceEvent("t1", "curing", START + S, START + 3 * S, "press-L")
    other = replace(first, result="scrap", reason="blister")
    stranger = PieceEvent("t2", "curing", START + S, START + 3 * S, "press-9")
    old = PieceEvent("t0", "curing", START - 9 * S, START - 7 * S, "press-L")

    async def tell() -> None:
        running = asyncio.create_task(node.run([]))
        settled: list[int] = []
        await node.deliver(Delivery(readings([0, 1], [START] * 2, [1.0] * 2, received=[START] * 2), lambda: settled.append(0)))
        await node.deliver(Delivery(readings([], [], []), lambda: settled.append(1), (first, first, other, stranger, old)))
        while len(settled) < 2:
            await asyncio.sleep(0.01)
        for _ in range(12):
            teller.now += S
            await asyncio.sleep(0.11)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(tell())
    counts = node.counters.counts
    assert (counts["pieces"], counts["pieces_repeated"], counts["pieces_otherwise"], counts["pieces_of_strangers"]) == (3, 1, 1, 1)
    said = {n.kind: n.told for n in node.notices}
    assert "t1" in said["piece_otherwise"].zh
    assert "t1" in said["piece_otherwise"].en
    assert "1 piece events name an asset" in said["piece_stranger"].en
    assert on_record(tmp_path) == [first, stranger, old]
    assert node.showing is not None
    assert node.showing.reckoning.left == 1  # what ended before the node's first reading is history


def test_a_record_that_cannot_be_written_acknowledges_nothing_until_it_can(tmp_path: Path) -> None:
    teller = piecing.Teller(0, 0.0)
    node = piecing.opened(tmp_path, teller)
    settled: list[int] = []
    blocker = sqlite3.connect(tmp_path / "pieces.sqlite", isolation_level=None)
    node.pieces._db.execute("PRAGMA busy_timeout = 50")

    async def tell() -> None:
        running = asyncio.create_task(node.run([]))
        blocker.execute("BEGIN IMMEDIATE")
        await node.deliver(Delivery(readings([], [], []), lambda: settled.append(1), (TOLD[0],)))
        while not node.status().full:
            await asyncio.sleep(0.01)
        assert settled == []
        blocker.execute("ROLLBACK")
        while not settled:
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(tell())
    blocker.close()
    assert on_record(tmp_path) == [TOLD[0]]
    assert [n.kind for n in node.notices if n.kind in ("log", "log_again")] == ["log", "log_again"]
