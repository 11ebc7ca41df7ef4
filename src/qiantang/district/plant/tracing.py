"""A plant's genealogy as pages ask for it, from the record of its piece events."""

from __future__ import annotations

from pathlib import Path

from qiantang.domains.factory.measures.genealogy import Operation, Origin
from qiantang.kernel.pieces import PieceEvent
from qiantang.stores.piece_record import PieceRecord

RECORD = "pieces.sqlite"
"""The record's name in a plant's folder."""


class Recorded:
    """The record of a plant's folder, opened for one question after the other."""

    def __init__(self, path: Path) -> None:
        self._record = PieceRecord(path, asks_only=True)

    @property
    def empty(self) -> bool:
        """Whether nothing is on record."""
        return self._record.newest == 0

    def origin(self, thing: str) -> Origin:
        """From a thing back to everything in it."""
        operations, used = self._record.origin(thing)
        return Origin(tuple(map(_operation, operations)), used)

    def latest(self, most: int) -> tuple[Operation, ...]:
        """The latest operation of each of the pieces told of last, the newest first."""
        return tuple(map(_operation, self._record.latest(most)))

    def pieces(self, thing: str) -> tuple[str, ...]:
        """From a thing forward to the pieces."""
        return self._record.pieces(thing)

    def pieces_by(self, *, asset: str = "", tool: str = "", operator: str = "", since: int | None = None, until: int | None = None) -> tuple[str, ...]:
        """All pieces that were on this machine, in this mould, or made by this person, in the span (microseconds UTC)."""
        return self._record.pieces_by(asset=asset, tool=tool, operator=operator, since=since, until=until)


def _operation(event: PieceEvent) -> Operation:
    return Operation(event.piece, event.step, event.asset, event.tool, event.operator, event.since, event.until, event.result, event.reason)
