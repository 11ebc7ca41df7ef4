"""What is told of one piece, batch or component as it passes one step: on which machine, with what, of what, by whom, how it turned out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Result = Literal["good", "scrap", "rework"]
RESULTS: tuple[Result, ...] = get_args(Result)


@dataclass(frozen=True, slots=True)
class PieceEvent:
    """One operation that is over. ``piece`` is the id of what came out of it, ``materials`` the ids of the batches, lots and components
    that went in. ``tool`` is a mould or a drum, ``reason`` why it is not good. From ``since`` to ``until``, microseconds UTC. Empty: none.

    Piece, step, asset and ``since`` say which operation it is: the same told twice is one.
    """

    piece: str
    step: str
    since: int
    until: int
    asset: str = ""
    tool: str = ""
    operator: str = ""
    materials: tuple[str, ...] = ()
    result: Result = "good"
    reason: str = ""
