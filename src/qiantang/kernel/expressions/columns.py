"""A column: what a fact is called, in which unit it is kept, and what it may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from qiantang.kernel.expressions.types import Kind, Type
from qiantang.kernel.units import ONE, Unit
from qiantang.kernel.words import Text, same

MoreIs = Literal["better", "worse", "neither"]


@dataclass(frozen=True, slots=True)
class Column:
    """One fact of a row.

    Numbers are stored as integers of ``10**-scale`` of ``unit`` (``tax_paid_wan`` has scale 6, so it is kept in
    fen); ``low`` and ``high`` are what the door admits, in the unit. ``more_is`` says in which direction a
    figure is good for its subject (lift and robustness rest on it). ``possible`` is the range in which the
    value must lie while it is unknown. ``personal`` marks facts about a natural person.
    """

    name: str
    kind: Kind
    title: Text
    unit: Unit = ONE
    scale: int = 0
    low: Decimal | None = None
    high: Decimal | None = None
    required: bool = False
    choices: tuple[tuple[str, Text], ...] = ()
    aliases: tuple[str, ...] = ()
    note: Text = field(default_factory=lambda: same(""))
    more_is: MoreIs = "neither"
    possible: tuple[Decimal, Decimal] | None = None
    personal: bool = False
    check: str = ""
    """Name of a form check the door applies to the text (``uscc``: credit code with check digit)."""
    refers_to: str = ""
    """Table whose key this value should be known in; a stranger is reported, not refused."""

    @property
    def type(self) -> Type:
        """The type of the stored value."""
        if self.kind is not Kind.NUMBER:
            return Type(self.kind, nullable=not self.required)
        shift = Decimal(10) ** self.scale
        low = -(10**15) if self.low is None else int(self.low * shift)
        high = 10**15 if self.high is None else int(self.high * shift)
        return Type(Kind.NUMBER, self.scale, self.unit, low, high, not self.required)

    def choice(self, code: str) -> Text:
        """The title of a code, or the code itself."""
        return dict(self.choices).get(code, same(code))
