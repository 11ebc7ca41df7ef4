"""One line of the factory's report: what was measured, the figure, the anchor it is seen beside, the bar it is held to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A measured figure; ``bar`` None states no bar, ``anchor`` is what the reference or a peer in the same run gives."""

    work: str
    figure: float
    unit: str
    bar: float | None = None
    anchor: str = ""
    more_is_better: bool = True
    note: str = ""

    @property
    def held(self) -> bool | None:
        """Whether the figure keeps its bar; None where there is none."""
        if self.bar is None:
            return None
        return self.figure >= self.bar if self.more_is_better else self.figure <= self.bar

    def said(self) -> str:
        """The line."""
        mark = {True: "held ", False: "SHORT", None: "     "}[self.held]
        bar = "" if self.bar is None else f"bar {'≥' if self.more_is_better else '≤'} {self.bar:g}"
        tail = "; ".join(part for part in (f"anchor {self.anchor}" if self.anchor else "", self.note) if part)
        return f"{mark} {self.work:66s} {self.figure:12,.2f} {self.unit:12s} {bar:12s} {tail}"
