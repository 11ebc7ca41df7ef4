"""What is at work now and tells of itself: a page asks it for figures, rows and traces, and hands orders on to it.

The district keeps none of this: a plant shows what it wants seen, and goes on without anybody looking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from qiantang.kernel.words import Text, same

Told = Decimal | int | bool | str | datetime | Text | None
"""A value as it is told: figures exact as they are shown, instants with their time zone, None for what is not known."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What one signal did lately: values at instants (None: missing), the lines drawn across, and the places to be marked. ``beside`` are lines
    over the same instants; ``said`` tells what is plotted, against what."""

    title: Text
    unit: Text
    instants: tuple[datetime, ...]
    values: tuple[Decimal | None, ...]
    levels: tuple[tuple[Text, Decimal], ...] = ()
    marked: tuple[int, ...] = ()
    beside: tuple[tuple[Text, tuple[Decimal | None, ...]], ...] = ()
    said: Text = field(default_factory=lambda: same(""))


class Live(Protocol):
    """One source, seen by one asker."""

    @property
    def name(self) -> str:
        """Its name in addresses."""
        ...

    @property
    def title(self) -> Text:
        """What a reader calls it."""
        ...

    @property
    def synthetic(self) -> bool:
        """Whether it is made up."""
        ...

    @property
    def as_of(self) -> datetime | None:
        """The instant of what it shows; None where it never told anything."""
        ...

    @property
    def at_work(self) -> bool:
        """Whether it tells something now; what it shows otherwise is the last it told."""
        ...

    def figures(self) -> Mapping[str, Decimal]:
        """Its figures by name; what it does not tell is not there."""
        ...

    def rows(self, table: str, **where: str) -> Sequence[Mapping[str, Told]]:
        """The rows of one of its tables whose values equal ``where``; none where it has no such table."""
        ...

    def trace(self, of: str, points: int, span: tuple[datetime, datetime] | None = None) -> Trace | None:
        """The means of a signal over the last so many minutes, or over the steps of a span; None where it is not known or not told."""
        ...

    def charts(self, of: str) -> Sequence[Trace]:
        """What the rules that spoke of a signal, or of a whole machine, look at, as it was judged; nothing where it was not told, and it is
        asked for then."""
        ...

    def order(self, order: str, values: Mapping[str, str]) -> Text:
        """Something the asker wants done there: handed on, and told what was. ActionError where it cannot be done."""
        ...
