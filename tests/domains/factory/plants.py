"""A small plant for the tests of the factory: two presses of two cavities, a mixer, and who works there."""

from __future__ import annotations

from dataclasses import replace

from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.plant import Asset, Plant, Signal
from qiantang.kernel.words import Text, same

SECOND = 1_000_000
MINUTE = 60 * SECOND
START = 1_700_000_000 * SECOND
"""2023-11-14 22:13:20 UTC."""

_KINDS = (("plate_temperature", "平板温度", "plate temperature", "°C"), ("inner_pressure", "内压", "inner pressure", "MPa"),
          ("nitrogen_flow", "氮气流量", "nitrogen flow", "kg/h"))


def _press(name: str, number: int, east: float) -> list[Asset]:
    return [Asset(name, Text(f"{number}号硫化机", f"press {number}"), "cell", "curing", "curing", (east, 10.0), 480.0),
            *(Asset(f"{name}{side}", Text(f"{zh}模", f"{en} cavity"), "unit", name, "curing", (east, 10.0))
              for side, zh, en in (("L", "左", "left"), ("R", "右", "right")))]


ASSETS = (Asset("site", Text("示范工厂", "demonstration plant"), "site"), Asset("curing-area", Text("硫化区", "curing"), "area", "site"),
          Asset("mixing-area", Text("密炼区", "mixing"), "area", "site"), Asset("curing", Text("硫化线", "curing line"), "line", "curing-area"),
          *_press("P1", 1, 10.0), *_press("P2", 2, 20.0), Asset("M1", Text("1号密炼机", "mixer 1"), "cell", "mixing-area", "mixing", (0.0, 50.0), 210.0))


def _signals() -> tuple[Signal, ...]:
    found: list[Signal] = []
    for asset in ("P1L", "P1R", "P2L", "P2R"):
        for kind, zh, en, unit in _KINDS:
            edge = "curing/" + asset[:2]
            found.append(Signal(len(found), f"{edge}/{asset}/{kind}", asset, kind, kind, Text(zh, en), unit, priority=2))
    found.append(Signal(len(found), "mixing/M1/M1/torque", "M1", "torque", "torque", Text("转矩", "torque"), "kNm", priority=1))
    return tuple(found)


SMALL = Plant("small", Text("小厂", "small plant"), ASSETS, _signals(), operators=2, synthetic=True)
ONE_OPERATOR = replace(SMALL, operators=1)


def alarm(signal: int, at: int, rule: str = "nelson_1", *, others: tuple[int, ...] = (), amends: str = "", withdrawn: bool = False,
          value: float = 166.25, limit: float = 168.5) -> Alarm:
    """An alarm on a signal of the small plant, ``at`` microseconds after the start."""
    asset = SMALL.signals[signal].asset
    return Alarm(f"{signal}-{rule}-{at}", signal, asset, rule, START + at, START + at - 2 * SECOND, value, limit, readings=3, others=others,
                 amends=amends, withdrawn=withdrawn)


def machine_alarm(asset: str, at: int, rule: str = "t2", others: tuple[int, ...] = ()) -> Alarm:
    """An alarm of a chart over a whole machine."""
    return Alarm(f"{asset}-{rule}-{at}", -1, asset, rule, START + at, START + at, 21.5, 18.25, others=others)


NOTHING = same("")
