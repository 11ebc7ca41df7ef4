"""What a search for where a piece comes from gives: the operations that made it and all that is in it, and the things used.

Operations name the span in which they ran, so that the readings of a piece are found in the history.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """One step in the making of a thing: which thing, at which step, on which machine or cavity, with which tool (a mould), by whom,
    from when to when (microseconds UTC); how it turned out and why not well, where that was told. Empty: none."""

    item: str
    step: str
    asset: str
    tool: str
    operator: str
    since: int
    until: int
    result: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Everything in a thing: the operations that made it and what it is made of, earliest first, and the things used, by name."""

    operations: tuple[Operation, ...]
    used: tuple[str, ...]
