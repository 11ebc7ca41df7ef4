"""The pieces of an SVG: shapes, text, and a linear scale with round steps."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from math import ceil, floor, log10

from markupsafe import Markup, escape


def element(tag: str, inside: Markup | str = "", **attributes: object) -> Markup:
    """An element; ``class_`` and names with an underscore are written as SVG has them; None leaves an attribute out."""
    written = "".join(f' {name.rstrip("_").replace("_", "-")}="{escape(_plain(value))}"' for name, value in attributes.items() if value is not None)
    return Markup(f"<{tag}{written}>{escape(inside)}</{tag}>")


def _plain(value: object) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def label(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> Markup:
    """A line of text."""
    return element("text", text, x=x, y=y, class_=kind or None, text_anchor=None if anchor == "start" else anchor)


def box(x: float, y: float, width: float, height: float, kind: str, title: str = "", round_: float = 2) -> Markup:
    """A rectangle, with a title that shows when it is pointed at."""
    return element("rect", element("title", title) if title else "", x=x, y=y, width=max(width, 0.0), height=max(height, 0.0),
                   rx=round_, class_=kind)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def path(points: Sequence[tuple[float, float]], kind: str, closed: bool = False) -> Markup:
    """A line through points."""
    told = " ".join(f"{'M' if n == 0 else 'L'}{x:.1f} {y:.1f}" for n, (x, y) in enumerate(points))
    return element("path", d=told + (" Z" if closed else ""), class_=kind)


def drawing(width: float, height: float, title: str, inside: Sequence[Markup], kind: str = "chart", described: str = "") -> Markup:
    """The whole picture, named for whoever cannot see it."""
    within = Markup("").join(inside)
    head = element("title", title) + (element("desc", described) if described else Markup(""))
    return element("svg", head + within, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {_plain(width)} {_plain(height)}",
                   role="group" if "<a " in within else "img", class_=kind, aria_label=title, preserveAspectRatio="xMidYMid meet")


def linked(inside: Markup, to: str | None, title: str = "") -> Markup:
    """A part of a picture that leads somewhere."""
    return inside if to is None else element("a", inside, href=to, aria_label=title or None)


@lru_cache(maxsize=8192)
def width_of(text: str, size: float = 13) -> float:
    """About how wide a text is: a Chinese character is as wide as it is high, a Latin one a good half."""
    return sum(size if unicodedata.east_asian_width(c) in "WF" else size * 0.56 for c in text)


def shortened(text: str, most: float, size: float = 13) -> str:
    """The text, cut to a width."""
    if width_of(text, size) <= most:
        return text
    kept = text
    while kept and width_of(kept + "…", size) > most:
        kept = kept[:-1]
    return kept + "…"


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear scale from values to places."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: Decimal | float) -> float:
        """The place of a value."""
        return self.start + (float(value) - self.low) / ((self.high - self.low) or 1) * (self.end - self.start)

    def steps(self, many: int = 5) -> list[float]:
        """Round values along it."""
        step = _round_step((self.high - self.low) / max(1, many))
        first = ceil(self.low / step - 1e-9)
        return [n * step for n in range(first, floor(self.high / step + 1e-9) + 1)]


def _round_step(rough: float) -> float:
    if rough <= 0:
        return 1.0
    power = 10.0 ** floor(log10(rough))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= rough * 0.999)


def scale_over(values: Sequence[Decimal | None], start: float, end: float, from_zero: bool = True) -> Scale:
    """A scale that holds the values with a little air above."""
    found = [float(v) for v in values if v is not None] or [0.0, 1.0]
    low, high = min(found), max(found)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        high = low + (abs(low) or 1.0)
    air = (high - low) * 0.06
    return Scale(low if from_zero and low == 0 else low - air, high + air, start, end)
