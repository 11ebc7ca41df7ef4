"""The case that the ladder opens: an enterprise is cultivated towards high-tech or above scale, in either direction."""

from __future__ import annotations

from pathlib import Path

from qiantang.domains.enterprises.ladder import CANDIDATES, NEAR, READY
from qiantang.kernel.actions.process_files import read_process
from qiantang.kernel.domains import Opening

CULTIVATION = read_process(Path(__file__).with_name("cultivation.yaml"))

OPENINGS = (
    Opening(CULTIVATION.name, ("enterprises/towards-high-tech",), CANDIDATES,
            ("missing_conditions__value", "largest_gap__value", "points_to_give__value")),
    Opening(CULTIVATION.name, ("enterprises/towards-scale",), (READY, NEAR), ("gap__value", "threshold__value", "sector")),
)
