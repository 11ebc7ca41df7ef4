"""What follows from land findings: the clearing of low-efficiency land, and the improvement of class D."""

from __future__ import annotations

from pathlib import Path

from qiantang.kernel.actions.process_files import read_process
from qiantang.kernel.domains import Opening

_PROCESSES = Path(__file__).with_name("processes")

LOWLAND = read_process(_PROCESSES / "lowland.yaml")
IMPROVEMENT = read_process(_PROCESSES / "improvement.yaml")

OPENINGS = (
    Opening("lowland", ("low_efficiency",), ("low",),
            ("name", "platform", "land_mu", "tax_per_mu__value", "gap_per_mu__value", "gap_tax__value", "routes__value")),
    Opening("improvement", ("per_mu",), ("D",),
            ("name", "platform", "list__value", "score__points", "place__value", "places__value", "gap__value")),
)
