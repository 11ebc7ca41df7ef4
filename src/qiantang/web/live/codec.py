"""A frame in bytes: twelve of header, then one a cell with six bits of deviation and two of state.

Header, little-endian: version (1 byte), steps to a standard deviation (1), number of cells (4), instant in milliseconds
since 1970 UTC (6). A cell: ``(steps + 32) << 2 | state``; beyond ±8 standard deviations the outermost step stands.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
STEPS = 4
"""Steps to one standard deviation."""
HEADER = 12
_MIDDLE, _LAST = 32, 63
_HEAD = struct.Struct("<BBIHI")


def encoded(deviation: NDArray[np.float32], state: NDArray[np.uint8], at_ms: int) -> bytes:
    """The frame. ``deviation`` in standard deviations (NaN counts as none), ``state`` from 0 to 3; both of one length.

    ValueError where the lengths differ or a state is none.
    """
    import numpy as np

    if deviation.shape != state.shape or deviation.ndim != 1:
        raise ValueError("a frame has one deviation and one state for each cell")
    if state.size and int(state.max()) > 3:
        raise ValueError("a state is 0, 1, 2 or 3")
    steps = np.nan_to_num(deviation * np.float32(STEPS), nan=0.0, posinf=_LAST, neginf=-_LAST)
    cells = np.clip(np.rint(steps) + _MIDDLE, 0, _LAST).astype(np.uint8)
    body: bytes = ((cells << 2) | state).astype(np.uint8).tobytes()
    return _HEAD.pack(VERSION, STEPS, deviation.size, at_ms & 0xFFFF, at_ms >> 16) + body


def decoded(frame: bytes) -> tuple[NDArray[np.float32], NDArray[np.uint8], int]:
    """Deviations in standard deviations, states, and the instant in milliseconds. ValueError for what is no frame."""
    import numpy as np

    if len(frame) < HEADER:
        raise ValueError("a frame has a header of 12 bytes")
    version, steps, many, low, high = _HEAD.unpack_from(frame)
    if version != VERSION or len(frame) != HEADER + many:
        raise ValueError("not a frame of this version and length")
    cells = np.frombuffer(frame, dtype=np.uint8, offset=HEADER)
    deviation = ((cells >> 2).astype(np.float32) - np.float32(_MIDDLE)) / np.float32(steps)
    return deviation, (cells & 3).astype(np.uint8), int(low | high << 16)
