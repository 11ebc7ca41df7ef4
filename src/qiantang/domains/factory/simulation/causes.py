"""Why a machine of the simulated plant goes wrong: where it strikes, what it does to pieces and signals, what mends it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from qiantang.kernel.words import Text

Acts = Literal["stop", "scrap", "slow", "wire", "trip"]
How = Literal["step", "ramp", "freeze", "scale", "lost", "skew", "repeat", "rebirth"]


@dataclass(frozen=True, slots=True)
class Showing:
    """What a cause does to the signals of one kind on its asset: ``by`` in the signal's unit, or a factor for scale.

    ``copy`` counts from 1 where a machine has several signals of a kind, 0 means all; ``phase`` empty means every phase.
    The hows ``lost``, ``skew``, ``repeat`` and ``rebirth`` concern whole gateways: ``by`` is seconds off, a share, births a minute.
    """

    kind: str
    how: How
    by: float = 0.0
    over_s: float = 0.0
    phase: str = ""
    copy: int = 0
    later: bool = False
    """Whether it shows not on the asset but where its pieces are tested."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause. ``on`` is the family of assets it strikes; it comes after ``cycles`` machine cycles or ``hours``, both means of
    an exponential, or by ``wear``. While it lasts a share ``bad`` of pieces is scrap or cycles take ``slow`` times as long."""

    name: str
    title: Text
    on: str
    acts: Acts
    skill: str
    minutes: float
    priority: int
    part: str
    found_s: float
    found_cycles: float
    seen_s: float
    shows: tuple[Showing, ...]
    cycles: float = 0.0
    hours: float = 0.0
    wear: bool = False
    bad: float = 0.0
    slow: float = 1.0


@cache
def stated_causes() -> Mapping[str, Cause]:
    """The causes of the file that lies beside this module, by name."""
    found = tomllib.loads((files(__package__) / "causes.toml").read_text(encoding="utf-8"))
    made: dict[str, Cause] = {}
    for name, of in found.items():
        rest = {key: value for key, value in of.items() if key not in ("zh", "en", "shows")}
        made[name] = Cause(name=name, title=Text(of["zh"], of["en"]), shows=tuple(Showing(**s) for s in of["shows"]), **rest)
    return made
