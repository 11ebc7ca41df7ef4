"""A plant goes into a workbook and comes out the same; whatever is wrong in one is told at its place, all together."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from qiantang.district.plant.sheets import SHEETS, clock, spans
from qiantang.district.plant.workbook import numbered, read_plant, write_plant
from qiantang.domains.factory.plant import (
    Asset,
    Part,
    Phase,
    PieceSource,
    Plant,
    Product,
    Recipe,
    Shift,
    Signal,
    Technician,
    Vehicle,
)
from qiantang.domains.factory.simulation.making import made_plant
from qiantang.kernel.errors import FactsError
from qiantang.kernel.readings import Directory
from qiantang.kernel.words import LANGS, Lang, Text

PLANT = Plant(
    "works", Text("示例工厂", "sample works"),
    (Asset("site", Text("厂区", "site"), "site"), Asset("press1", Text("硫化机1", "press 1"), "cell", "site", "curing", (10.5, 20.0), 480.0)),
    (Signal(0, "w/e/press1/t", "press1", "t", "plate_temperature", Text("板温", "plate temperature"), "°C", 1.0, 0.0, 250.0, 168.0, 178.0, "cycle", False,
            True, 1),
     Signal(1, "w/e/press1/p", "press1", "p", "inner_pressure", Text("内压", "inner pressure"), "MPa", 0.5, skewed=True)),
    (Product("R15", Text("子午胎", "radial"), 8.5),), (
        Recipe("R15-cure", "R15", "curing", (Phase("heat", 60.0, {"plate_temperature": 172.5}), Phase("hold", 900.0))),),
    (("mechanic", Text("机修", "mechanic")), ("electric", Text("电气", "electric"))),
    (Shift("night", Text("夜班", "night"), 82_800, 111_600, ((95_400, 97_200),)),),
    (Technician("T1", "示例甲", frozenset({"mechanic", "electric"}), "night", (1.0, 2.0)),), (Vehicle("AGV1", 2000.0, 0.5),),
    (Part("bladder", Text("胶囊", "bladder"), 12, (3.0, 4.0)),), 2, 7.0, True,
    (PieceSource("json", "mes/curing/+", {"piece": "tyre_no", "tool": "mould_no"}, "curing", "press1"), PieceSource("file", "pieces.csv")),
    "America/New_York")


@pytest.mark.parametrize("lang", LANGS)
def test_a_plant_comes_out_of_its_workbook_as_it_went_in(tmp_path: Path, lang: Lang) -> None:
    write_plant(tmp_path / "plant.xlsx", PLANT, lang)
    assert read_plant(tmp_path / "plant.xlsx") == PLANT


def test_a_plant_that_says_no_time_zone_is_of_the_usual_one_and_one_that_is_none_is_refused(tmp_path: Path) -> None:
    sheets = {"设备": ASSETS, "信号": SIGNALS}
    assert read_plant(book(tmp_path / "plant.xlsx", {**sheets, "工厂": OWN})).zone == "Asia/Shanghai"

    def saying(zone: object) -> Path:
        head, row = OWN
        return book(tmp_path / "plant.xlsx", {**sheets, "工厂": [[*head, "时区"], [*row, zone]]})

    assert read_plant(saying("")).zone == "Asia/Shanghai"
    assert read_plant(saying(" Europe/Berlin ")).zone == "Europe/Berlin"
    for zone in ("UTC+8", "Shanghai", "localtime", 8.0):
        with pytest.raises(FactsError) as refused:
            read_plant(saying(zone))
        fault, = refused.value.faults
        assert (fault.place.sheet, fault.place.row, fault.place.column, fault.value) == ("工厂", 2, "时区", zone)
        assert "Europe/Berlin" in fault.remedy.en
        assert "IANA 时区名" in fault.remedy.zh


def as_a_sheet_holds_it(value: Any) -> Any:
    """The same with numbers cut to the digits that a sheet holds."""
    if isinstance(value, dict):
        return {name: as_a_sheet_holds_it(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_a_sheet_holds_it(one) for one in value]
    return float(f"{value:.15g}") if isinstance(value, float) else value


def test_the_demonstration_plant_comes_out_of_its_workbook_as_it_went_in(tmp_path: Path) -> None:
    plant = made_plant()
    write_plant(tmp_path / "plant.xlsx", plant, "en")
    assert as_a_sheet_holds_it(asdict(read_plant(tmp_path / "plant.xlsx"))) == as_a_sheet_holds_it(asdict(plant))


def test_a_recipe_may_be_the_same_for_every_product_but_names_none_that_is_not_there(tmp_path: Path) -> None:
    head = ["配方编号", "产品编号", "工序", "阶段", "时长（秒）"]
    sheets = {"工厂": OWN, "设备": ASSETS, "信号": SIGNALS}
    assert read_plant(book(tmp_path / "p.xlsx", {**sheets, "配方": [head, ["r", "", "curing", "heat", 0]]})).recipes == (
        Recipe("r", "", "curing", (Phase("heat", 0.0),)),)
    assert faults(book(tmp_path / "q.xlsx", {**sheets, "配方": [head, ["r", "R15", "curing", "heat", -1]]})) == [("配方", 2, "cell"), ("配方", 2, "unknown")]


def test_signals_bear_the_numbers_of_the_nodes_own_directory() -> None:
    known = Directory(["elsewhere", "w/e/press1/p"])
    assert [s.number for s in numbered(PLANT, known).signals] == [2, 1]


def book(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as made:
        for name, rows in sheets.items():
            page = made.add_worksheet(name)
            for at, row in enumerate(rows):
                page.write_row(at, 0, row)
    return path


OWN: list[list[Any]] = [["工厂编号", "名称（中文）"], ["works", "工厂"]]
ASSETS: list[list[Any]] = [["设备编号", "名称（中文）", "层级"], ["p1", "硫化机", "cell"]]
SIGNALS: list[list[Any]] = [["通信地址", "设备编号", "信号名", "种类", "名称（中文）", "频率（Hz）", "优先级"], ["a", "p1", "t", "t", "温度", 1, 2]]


def faults(path: Path) -> list[tuple[str, int | None, str]]:
    with pytest.raises(FactsError) as refused:
        read_plant(path)
    return [(f.place.sheet, f.place.row, f.rule) for f in refused.value.faults]


def test_everything_wrong_is_told_at_once_with_sheet_and_row(tmp_path: Path) -> None:
    path = book(tmp_path / "p.xlsx", {
        "工厂": OWN, "设备": [*ASSETS, ["p1", "又一台", "robot"], ["", "没有编号", "cell"]],
        "信号": [*SIGNALS, ["b", "p9", "t", "t", "温度", -1, 5], ["a", "p1", "t", "t", "温度", "快", 1]]})
    assert sorted(faults(path), key=str) == sorted([
        ("设备", 3, "cell"), ("设备", 4, "required"), ("设备", 3, "twice"), ("信号", 3, "cell"), ("信号", 3, "cell"), ("信号", 4, "cell"), ("信号", 4, "twice"),
        ("信号", 3, "unknown")], key=str)


def test_faults_name_sheets_and_columns_as_the_workbook_does(tmp_path: Path) -> None:
    path = book(tmp_path / "p.xlsx", {
        "plant": [["plant id", "title (Chinese)"], ["works", "工厂"]], "assets": [["asset id", "title (Chinese)", "level"], ["p1", "硫化机", "robot"]],
        "shifts": [["shift", "title (Chinese)", "from", "until"], ["late", "中班", "16:00", "00:00"]]})
    with pytest.raises(FactsError) as refused:
        read_plant(path)
    told = {(f.place.sheet, f.place.column, f.rule) for f in refused.value.faults}
    assert told == {("assets", "level", "cell"), ("signals", "", "sheet"), ("shifts", "", "order")}


def test_a_sheet_that_is_missing_or_misnamed_and_a_changed_header_are_told_with_what_was_meant(tmp_path: Path) -> None:
    path = book(tmp_path / "p.xlsx", {"工厂": OWN, "设备": [["设备编码", "名称（中文）", "层级"], ["p1", "硫化机", "cell"]], "信号表": SIGNALS})
    with pytest.raises(FactsError) as refused:
        read_plant(path)
    told = {(f.rule, f.remedy.en) for f in refused.value.faults}
    assert ("sheet", "Is it '信号'?") in told
    assert ("header", "Is it '设备编号'?") in told
    assert "missing_column" in {f.rule for f in refused.value.faults}


def test_the_empty_workbook_to_fill_in_has_every_sheet_and_says_what_is_missing(tmp_path: Path) -> None:
    write_plant(tmp_path / "p.xlsx", None, "zh")
    assert {sheet for sheet, _, _ in faults(tmp_path / "p.xlsx")} == {s.title.zh for s in SHEETS if s.needed}


def test_a_shift_that_ends_before_it_begins_is_told_with_how_midnight_is_passed(tmp_path: Path) -> None:
    head = ["班次", "名称（中文）", "开始", "结束"]
    path = book(tmp_path / "p.xlsx", {"工厂": OWN, "设备": ASSETS, "信号": SIGNALS, "班次": [
        head, ["day", "白班", "08:00", "16:00"], ["late", "中班", "16:00", "00:00"], ["night", "夜班", "22:00", "06:00"], ["none", "无", "08:00", "08:00"]]})
    assert faults(path) == [("班次", 3, "order"), ("班次", 4, "order"), ("班次", 5, "order")]
    book(path, {"工厂": OWN, "设备": ASSETS, "信号": SIGNALS, "班次": [head, ["late", "中班", "16:00", "24:00"], ["night", "夜班", "22:00", "30:00"]]})
    assert [(s.end_s - s.start_s) // 3600 for s in read_plant(path).shifts] == [8, 8]


def test_times_may_pass_midnight_and_nonsense_is_refused() -> None:
    assert clock("31:30") == 113_400
    assert spans("11:30-12:00；17:30-18:00") == ((41_400, 43_200), (63_000, 64_800))
    for wrong in ("25", "12:61", "-1:00", "72:00"):
        with pytest.raises(ValueError, match=r".*"):
            clock(wrong)
