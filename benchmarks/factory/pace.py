"""The whole plant a hundred times faster than real time through the real pipeline: its OEE and takt beside the simulator's truth.

Every gateway publishes Sparkplug over the line in the process to a node with log, order, charts, figures, tasks, history and pages;
simulation, edge nodes and node share the two cores. No network is cut on purpose: what a gateway keeps at the end would be missing.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.factory.rows import Row
from qiantang.district.plant.demonstration import PLANT, Demonstration, DemoStatus
from qiantang.district.plant.folder import plant_folder
from qiantang.domains.factory.measures.oee import together
from qiantang.domains.factory.simulation.truth import instant

SPEED = 100.0
LEARN_S = 600


def paced(folder: Path, speed: float, seconds: float) -> Iterator[Row]:
    """So many of our seconds at this speed, after ten minutes of the plant as fast as they go."""
    made = Demonstration(plant_folder(folder, PLANT), learn_s=LEARN_S, speed=speed, learning=20, faults=())
    most = [0]

    def heard(status: DemoStatus) -> None:
        if not status.learning:
            most.append(made.node.status().behind)

    last = asyncio.run(made.run(seconds, heard))
    assert made.node.showing is not None
    reckoning = made.node.showing.reckoning
    start, end = ((at - instant(0.0)) / 1e6 for at in (reckoning.since, reckoning.now))
    found, true = reckoning.figures(), together(made.running.oee(start, end).values())
    oee, takt = found["oee"], found["takt_s"]
    assert oee is not None
    assert true.oee is not None
    assert takt is not None
    hours, named = (end - start) / 3600, f"the plant at {speed:g}×"
    yield Row(f"{named}: OEE against the simulator's own", abs(oee - float(true.oee)) * 100, "points", 0.1, more_is_better=False,
              note=f"{oee:.4f} and {float(true.oee):.4f} over {hours:.2f} h of the plant")
    yield Row(f"{named}: takt, distance from 7 s", abs(takt / 7.0 - 1) * 100, "%", 3.0, more_is_better=False, note=f"{takt:.2f} s a good tire")
    counts = last.counts
    yield Row(f"{named}: readings a second", counts["received"] / (seconds + LEARN_S / speed) / 1e6, "M readings/s",
              note=f"{counts['received']:,} received, {counts.get('late', 0)} late, {counts.get('shed_history', 0):,} shed of history")
    yield Row(f"{named}: most that the charts were behind the log", max(most) / 1e6, "M readings", more_is_better=False,
              note=f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB with the simulation")


def rows(quick: bool = False) -> Iterator[Row]:
    """Acceptance row 19: two hours of the plant; ``quick``: twenty minutes."""
    sys.setswitchinterval(0.0005)
    with tempfile.TemporaryDirectory(prefix="qiantang-pace-") as folder:
        yield from paced(Path(folder), SPEED, 12.0 if quick else 72.0)
