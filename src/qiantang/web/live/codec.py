"""A frame in bytes: thirteen of header, then one a cell with six bits of deviation and two of state.

Header, little-endian: version (1 byte), steps to a standard deviation (1), number of cells (4), the instant up to which its source
told in milliseconds since 1970 UTC (6), whether the source is silent (1). A cell: ``(steps + 32) << 2 | state``; beyond ±8 standard
deviations the outermost step stands.
"""

from __future__ import annotations

import struct

from qiantang.district.frames import Frame

VERSION = 2
STEPS = 4
"""Steps to one standard deviation."""
HEADER = 13
_MIDDLE, _LAST = 32, 63
_HEAD = struct.Struct("<BBIHIB")


def encoded(frame: Frame) -> bytes:
    """The frame's bytes; a deviation that is not known counts as none. ValueError where lengths differ or a state is none."""
    import numpy as np

    deviation, state, at_ms = frame.deviation, frame.state, frame.at // 1000
    if deviation.shape != state.shape or deviation.ndim != 1:
        raise ValueError("a frame has one deviation and one state for each cell")
    if state.size and int(state.max()) > 3:
        raise ValueError("a state is 0, 1, 2 or 3")
    steps = np.nan_to_num(deviation * np.float32(STEPS), nan=0.0, posinf=_LAST, neginf=-_LAST)
    cells = np.clip(np.rint(steps) + _MIDDLE, 0, _LAST).astype(np.uint8)
    body: bytes = ((cells << 2) | state).astype(np.uint8).tobytes()
    return _HEAD.pack(VERSION, STEPS, deviation.size, at_ms & 0xFFFF, at_ms >> 16, frame.silent) + body


def decoded(frame: bytes) -> Frame:
    """The frame that the bytes tell, its instant to a millisecond. ValueError for what is no frame."""
    import numpy as np

    if len(frame) < HEADER:
        raise ValueError("a frame has a header of 13 bytes")
    version, steps, many, low, high, silent = _HEAD.unpack_from(frame)
    if version != VERSION or len(frame) != HEADER + many:
        raise ValueError("not a frame of this version and length")
    cells = np.frombuffer(frame, dtype=np.uint8, offset=HEADER)
    deviation = ((cells >> 2).astype(np.float32) - np.float32(_MIDDLE)) / np.float32(steps)
    return Frame(deviation, (cells & 3).astype(np.uint8), int(low | high << 16) * 1000, bool(silent))
