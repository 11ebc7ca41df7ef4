"""A first model of a plant from what its own systems say: an OPC UA server browsed, Sparkplug births heard."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qiantang.domains.factory.plant import Asset, Level, Plant, Signal
from qiantang.kernel.words import Text, same

_LEVELS: tuple[Level, ...] = ("site", "area", "line", "cell", "unit")
_NUMBERED = re.compile(r"[\s_.\-]*\d+$")


@dataclass(frozen=True, slots=True)
class Found:
    """A quantity that some system has: what its wire calls it, the path of names that leads to it, unit and range."""

    address: str
    path: tuple[str, ...]
    unit: str = ""
    least: float | None = None
    most: float | None = None


def described_plant(id: str, title: Text, found: Iterable[Found]) -> Plant:
    """A plant whose assets are the folders that the paths run through, and whose signals are their ends.

    The innermost folder is a work cell and those around it are line and area; a folder below a cell that has signals of its
    own is a unit of it. Kinds are the signals' names without their number. What no system can say (limits, cycles, people) is
    left out, to be filled in the workbook. Order and ids are the same for the same paths.
    """
    ordered = sorted(found, key=lambda f: (f.path, f.address))
    holders = {f.path[:-1] for f in ordered}
    assets: dict[tuple[str, ...], Asset] = {(): Asset(id, title, "site")}
    signals = []
    for number, one in enumerate(ordered):
        for depth in range(1, len(one.path)):
            path = one.path[:depth]
            if path not in assets:
                assets[path] = Asset(_id(path), same(path[-1]), _level(path, holders, _deepest(path, holders)), assets[path[:-1]].id)
        name = one.path[-1]
        signals.append(Signal(number, one.address, assets[one.path[:-1]].id, name, _kind(name), same(name), one.unit, least=one.least, most=one.most))
    return Plant(id, title, tuple(assets.values()), tuple(signals))


def _deepest(path: tuple[str, ...], holders: set[tuple[str, ...]]) -> int:
    """How many folders lie below this one."""
    return max((len(h) - len(path) for h in holders if h[:len(path)] == path), default=0)


def _level(path: tuple[str, ...], holders: set[tuple[str, ...]], below: int) -> Level:
    if any(path[:depth] in holders for depth in range(1, len(path))):
        return "unit"
    if path in holders or not below:
        return "cell"
    return _LEVELS[max(1, _LEVELS.index("cell") - below)]


def _id(path: Sequence[str]) -> str:
    return "/".join(part.replace("/", "-") for part in path)


def _kind(name: str) -> str:
    return _NUMBERED.sub("", name).strip().lower().replace(" ", "_") or name
