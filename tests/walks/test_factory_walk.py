"""The walk of a fault through a whole plant: it strikes, a chart finds it, somebody is sent, accepts, mends, and the takt is what it was."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

from qiantang.district.identity import KEYBOARD
from qiantang.district.plant.demonstration import PLANT, Demonstration, DemoStatus
from qiantang.district.plant.folder import plant_folder
from qiantang.district.plant.running import findings_of
from qiantang.district.plant.views import PlantShown
from qiantang.domains.factory.simulation.truth import instant

MINUTE = 60.0
TESTERS = ("xray-01", "xray-02")
"""Two of the three that every tire passes one of before it leaves the plant: the third alone cannot keep the takt."""
RECOVERED_S = 4 * MINUTE


def test_a_fault_is_found_becomes_a_task_is_accepted_and_mended_and_the_takt_recovers(tmp_path: Path) -> None:
    folder = plant_folder(tmp_path, PLANT)
    made = Demonstration(folder, speed=15.0, faults=[(0.0, "tester_stop", asset) for asset in TESTERS])
    left: dict[int, float] = {}
    states: dict[str, list[str]] = {asset: [] for asset in TESTERS}

    def look(status: DemoStatus) -> None:
        """What the node tells the plant's pages: how many pieces left, and how its machines stand."""
        shown = PlantShown(folder, KEYBOARD)
        if status.learning or shown.as_of is None:
            return
        left[round(shown.as_of.timestamp() * 1e6)] = float(shown.figures().get("pieces_left", 0))
        for row in shown.rows("machines"):
            seen = states.get(str(row["id"]))
            if seen is not None and (not seen or seen[-1] != row["state"]):
                seen.append(str(row["state"]))

    def over(status: DemoStatus) -> bool:
        ends = [fault.end for fault in status.faults if fault.cause == "tester_stop" and fault.start >= 0]
        return len(ends) == len(TESTERS) and all(end is not None and status.at > instant(end + RECOVERED_S) for end in ends)

    last = asyncio.run(made.run(300.0, look, until=over))
    struck = [fault for fault in last.faults if fault.cause == "tester_stop" and fault.start >= 0]
    assert [fault.asset for fault in struck] == list(TESTERS)

    skills = {person.id: person.skills for person in made.plant.technicians}
    for fault in struck:
        # Found: a task of that machine, opened by a finding that is on record.
        task = next(row for row in PlantShown(folder, KEYBOARD).rows("tasks") if row["asset"] == fault.asset and row["state"] == "finished")
        found = findings_of(folder, str(task["finding"]))
        assert found[0].outcome == "down"
        assert found[0].subject == f"{PLANT}/{fault.asset}"
        assert instant(fault.start) < int(str(found[0].values["at_us"])) < instant(fault.start + 3 * MINUTE)
        # Sent, accepted, mended: in this order, by one person with the skill.
        events = [change for change in made.happened if change.task == task["id"]]
        assert [str(change.event) for change in events] == ["open", "offer", "accept", "start", "finish"]
        assert all(before.at <= after.at for before, after in pairwise(events))
        assert fault.skill in skills[fault.by]
        assert task["worker"] == fault.by
        assert fault.end is not None
        # The machine stood and works again.
        assert "down" in states[fault.asset]
        assert states[fault.asset][-1] != "down"

    stood = _takt(left, max(fault.start for fault in struck) + MINUTE, min(fault.end or 0.0 for fault in struck))
    again = max(fault.end or 0.0 for fault in struck) + MINUTE
    mended = _takt(left, again, again + RECOVERED_S - 2 * MINUTE)
    assert stood > 1.4 * made.plant.takt_s
    assert mended <= made.plant.takt_s


def _takt(left: dict[int, float], since_s: float, until_s: float) -> float:
    """Seconds a piece between two seconds of the simulation, by what the node told of pieces that left the plant."""
    within = sorted((at, many) for at, many in left.items() if instant(since_s) <= at <= instant(until_s))
    (first, before), (last, after) = within[0], within[-1]
    return (last - first) / 1e6 / max(after - before, 1.0)
