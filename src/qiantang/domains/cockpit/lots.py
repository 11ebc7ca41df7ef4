"""Where on the map a parcel is drawn: a point of its sub-district that its owner's code decides, for no survey is at hand."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from qiantang.kernel.pages.blocks import Area
from qiantang.kernel.pages.values import Ring

_TRIES = 60
_INSIDE = (0.08, 0.84)
"""Where inside a tile points lie, as its least fraction and their spread; below the tile's own words."""
_LOWER = (0.62, 0.32)


def place_in(area: Area, code: str, columns: int, rows: int, first_row: int) -> tuple[float, float]:
    """A point (fractions of the map) inside an area's shape, or inside its tile: the same for the same code every time."""
    if area.shape:
        left, right = min(x for r in area.shape for x, _ in r), max(x for r in area.shape for x, _ in r)
        top, bottom = min(y for r in area.shape for _, y in r), max(y for r in area.shape for _, y in r)
        for turn in range(_TRIES):
            u, v = _chance(code, turn)
            x, y = left + (right - left) * u, top + (bottom - top) * v
            if inside(area.shape, x, y):
                return x, y
        return area.shape[0][0]
    u, v = _chance(code, 0)
    return ((area.column + _INSIDE[0] + _INSIDE[1] * u) / columns, (area.row - first_row + _LOWER[0] + _LOWER[1] * v) / rows)


def inside(shape: Sequence[Ring], x: float, y: float) -> bool:
    """Whether a point lies inside a shape: a line from it crosses the rings an odd number of times."""
    crossings = 0
    for ring in shape:
        for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                crossings += 1
    return crossings % 2 == 1


def _chance(code: str, turn: int) -> tuple[float, float]:
    digest = hashlib.sha256(f"{code}:{turn}".encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32, int.from_bytes(digest[4:8]) / 2**32
