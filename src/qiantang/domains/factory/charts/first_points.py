"""The points from which a machine learns its model: each is written once, so that whoever remembers a state shares them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BLOCK = 128
"""Points that lie together. What is remembered of a hundred machines is some hundred arrays, not as many as there are points."""


@dataclass(frozen=True, slots=True)
class HeldPoints:
    """The first ``n`` points of blocks of BLOCK rows each. The rows beyond are somebody else's."""

    blocks: tuple[NDArray[np.float64], ...]
    n: int

    def filled(self, block: int) -> int:
        """How many rows of this block are among the n."""
        return min(self.n - block * _BLOCK, _BLOCK)


class FirstPoints:
    """Points of one machine, of ``width`` values each, in the order in which they came; what was ``held`` goes on from there."""

    def __init__(self, width: int, held: HeldPoints = HeldPoints((), 0)) -> None:
        self._width, self._blocks, self._n = width, list(held.blocks), held.n
        if held.n % _BLOCK:
            # Others who share the last block go on in it, or write it to the disk just now.
            last = np.empty((_BLOCK, width))
            last[:held.n % _BLOCK] = self._blocks[-1][:held.n % _BLOCK]
            self._blocks[-1] = last

    def __len__(self) -> int:
        """How many points there are."""
        return self._n

    def add(self, point: NDArray[np.float64]) -> None:
        """One more, which is copied."""
        row = self._n % _BLOCK
        if not row:
            self._blocks.append(np.empty((_BLOCK, self._width)))
        self._blocks[-1][row] = point
        self._n += 1

    def first(self, n: int) -> FirstPoints:
        """The first n of them, to go on from there."""
        return FirstPoints(self._width, HeldPoints(tuple(self._blocks[:-(-n // _BLOCK)]), n))

    def held(self) -> HeldPoints:
        """What there is now, shared and not copied."""
        return HeldPoints(tuple(self._blocks), self._n)

    def whole(self) -> NDArray[np.float64]:
        """All points × width, a copy."""
        found: NDArray[np.float64] = np.concatenate(self._blocks)[:self._n] if self._blocks else np.zeros((0, self._width))
        return found
