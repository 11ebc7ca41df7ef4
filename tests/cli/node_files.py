"""The readings of the small plant as a file that a node takes in: a step in the torque of the mixer."""

from __future__ import annotations

from pathlib import Path

from tests.domains.factory.plants import SECOND, SMALL, START


def readings_file(home: Path) -> None:
    """Writes ``readings.csv``: 3,200 seconds, the step in the last 400."""
    rows = ["time,signal,value"]
    for n in range(3200):
        for each in SMALL.signals:
            step = 25.0 if each.kind == "torque" and n >= 2800 else 0.0
            rows.append(f"{(START + n * SECOND) / 1e6:.3f},{each.address},{100 + each.number + ((n * 37 + each.number * 11) % 17) / 10 + step}")
    (home / "readings.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
