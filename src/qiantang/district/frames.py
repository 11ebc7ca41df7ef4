"""What a wall shows at one moment: the deviation and state of every cell, and up to when its source told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Frame:
    """Every cell of a wall in its order: how far from its centre in standard deviations (NaN: not known), and its state. ``at`` is the instant
    up to which the source told (µs UTC), ``silent`` that it tells nothing more: then that is since when."""

    deviation: NDArray[np.float32]
    state: NDArray[np.uint8]
    at: int
    silent: bool = False
