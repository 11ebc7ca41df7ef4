"""Units as plants and their gateways write them: which are the same by another name, and how one converts into another."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

_BETWEEN = re.compile(r"[\s·*⋅^]")


@dataclass(frozen=True, slots=True)
class Conversion:
    """A value times ``scale`` plus ``offset`` is the same quantity in the other unit."""

    scale: float = 1.0
    offset: float = 0.0

    @property
    def changes(self) -> bool:
        """Whether a value is another afterwards."""
        return (self.scale, self.offset) != (1.0, 0.0)


AS_IT_IS = Conversion()

_Size = tuple[str, Fraction, Fraction]
"""What is measured, the unit's size in that measure's base, and where its zero lies there."""
_SIZES: dict[str, str] = {
    "pressure": "Pa 1; hPa mbar 100; kPa kpa KPA 1000; MPa MPA 1000000; bar Bar BAR 100000; psi PSI 6894.757293168; atm 101325; "
                "kgf/cm2 kg/cm2 98066.5; mmHg 133.322387415; mmH2O 9.80665",
    "length": "m 1; km 1000; dm 0.1; cm 0.01; mm MM 0.001; µm um 0.000001; in inch 0.0254; ft 0.3048",
    "area": "m2 1; cm2 0.0001; mm2 0.000001",
    "volume": "m3 1; L l 0.001; mL ml 0.000001",
    "mass": "kg KG Kg 1; g 0.001; mg 0.000001; t 1000; lb lbs 0.45359237",
    "duration": "s sec 1; ms 0.001; min 60; h hr 3600",
    "speed": "m/s 1; m/min 1/60; mm/s 0.001; mm/min 1/60000; km/h 1/3.6; ft/min 0.00508",
    "turning": "rpm RPM r/min rev/min 1/min min-1 1/60; r/s rev/s 1",
    "frequency": "Hz HZ hz 1; kHz 1000; MHz 1000000",
    "power": "W 1; kW KW 1000; MW 1000000",
    "energy": "J 1; kJ 1000; MJ 1000000; Wh 3600; kWh KWH 3600000; MWh 3600000000",
    "current": "A 1; mA 0.001",
    "voltage": "V 1; mV 0.001; kV 1000",
    "resistance": "Ω ohm Ohm 1; kΩ kohm 1000; MΩ 1000000",
    "force": "N 1; kN 1000; kgf 9.80665; lbf 4.4482216152605",
    "torque": "Nm 1; dNm 0.1; kNm 1000",
    "flow": "m3/s 1; m3/min 1/60; m3/h 1/3600; L/s l/s 0.001; L/min l/min 1/60000; L/h l/h 1/3600000",
    "mass flow": "kg/s 1; kg/min 1/60; kg/h 1/3600; g/s 0.001; t/h 1/3.6",
    "angle": "deg ° 1; rad 57.29577951308232",
    "fraction": "% 0.01; ‰ 0.001; ppm 0.000001",
}
"""By what is measured: names of one unit, and its size in that measure's base."""


_TEMPERATURES = (("K", "1", "0"), ("°C C degC DegC deg_C Cel 摄氏度", "1", "273.15"), ("°F F degF DegF deg_F 华氏度", "5/9", "45967/180"))


def _sizes() -> Iterator[tuple[str, _Size]]:
    for measure, units in _SIZES.items():
        for unit in units.split(";"):
            *names, size = unit.split()
            above, _, below = size.partition("/")
            for name in names:
                yield _plain(name), (measure, Fraction(above) / Fraction(below or "1"), Fraction(0))
    for called, size, zero in _TEMPERATURES:
        yield from ((_plain(name), ("temperature", Fraction(size), Fraction(zero))) for name in called.split())


def _plain(written: str) -> str:
    """A unit without what writers do differently: spaces, raised digits, signs that look alike."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", written)).replace("\N{MINUS SIGN}", "-")


_KNOWN: dict[str, _Size] = dict(_sizes())


@lru_cache(maxsize=4096)
def conversion(told: str, wanted: str) -> Conversion | None:
    """How a value in one unit becomes one in another; None where one of them is not known, or they measure different things."""
    if _plain(told) == _plain(wanted):
        return AS_IT_IS
    here, there = _KNOWN.get(_plain(told)), _KNOWN.get(_plain(wanted))
    if here is None or there is None or here[0] != there[0]:
        return None
    return Conversion(float(here[1] / there[1]), float((here[2] - there[2]) / there[1]))


def same_unit(one: str, other: str) -> bool:
    """Whether two are one unit, however it is written."""
    found = conversion(one, other)
    return found is not None and not found.changes
