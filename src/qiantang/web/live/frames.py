"""What a plant gives a wall: the deviation and state of every cell, and what is said beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from qiantang.district.frames import Frame
from qiantang.kernel.pages.blocks import Block

if TYPE_CHECKING:
    from qiantang.district.identity import Identity

FINE, WATCH, ALARM, OFF = range(4)
"""The states of a cell; ``OFF`` is one whose signal gives nothing."""


class Frames(Protocol):
    """A source of frames, asked about once a second while somebody watches, never by two at a time, from a thread."""

    def frame(self) -> Frame:
        """Every cell, in the wall's order. The arrays may be used again for the next frame."""

    def told(self) -> Sequence[Block]:
        """The figures and the alarms as they stand now."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A source under the name that walls ask for it. ``plant`` is the code of the plant whose it is: those who see the
    whole district and those of the plant may watch."""

    name: str
    frames: Frames
    plant: str = ""

    def seen_by(self, who: Identity) -> bool:
        """Whether somebody may watch."""
        if "see" not in who.capabilities:
            return False
        return who.scope.kind == "district" or (who.scope.kind == "plant" and self.plant in who.scope.codes)
