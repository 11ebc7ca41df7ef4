"""What stands around a page: the menu, who is signed in, the language, and whether the district is made up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qiantang.kernel.pages.values import Address
from qiantang.kernel.words import Lang, Text


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A page in the menu."""

    title: Text
    path: str
    now: bool = False


@dataclass(frozen=True, slots=True)
class Shell:
    """One asker's surroundings. ``query`` is what the page was asked, so that links can ask it anew; ``wall`` the width of
    the wall it hangs on, None on a desk; ``address`` gives the path of another page; ``room`` is how wide a drawing
    may be, in pixels of a usual screen."""

    lang: Lang
    menu: tuple[MenuEntry, ...]
    who: str
    path: str
    query: tuple[tuple[str, str], ...]
    synthetic: bool
    district: Text
    wall: int | None
    address: Callable[[Address], str]
    room: float = 860.0


def room_of(span: int) -> float:
    """How wide a drawing is in a section of so many twelfths, on a screen 1440 pixels across."""
    return round((1384 + 14) * span / 12 - 14 - 38)
