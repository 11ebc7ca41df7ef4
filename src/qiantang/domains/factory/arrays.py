"""Arrays by name as bytes, and back: a head that says what lies where, then the arrays as they are.

NumPy's own archive copies each array three times and sums it twice, and the charts wait meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LENGTH = 8


def packed(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The arrays (of numbers, truths or text of a stated length) as bytes."""
    head = json.dumps({name: [array.dtype.str, array.shape] for name, array in arrays.items()}).encode()
    bodies: list[Any] = [np.ascontiguousarray(array).reshape(-1).view(np.uint8) for array in arrays.values() if array.size]
    return b"".join((len(head).to_bytes(_LENGTH, "little"), head, *bodies))


def unpacked(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays that were packed, each its own and to be written to."""
    place = _LENGTH + int.from_bytes(data[:_LENGTH], "little")
    found: dict[str, NDArray[Any]] = {}
    for name, (kind, shape) in json.loads(data[_LENGTH:place]).items():
        found[name] = np.frombuffer(data, kind, int(np.prod(shape, dtype=np.int64)), place).reshape(shape).copy()
        place += found[name].nbytes
    return found
